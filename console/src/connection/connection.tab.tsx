import type { EnvironmentTabProps } from '../environments/index.js';

/** Filled by what comes next. */
export function ConnectionTab(_props: EnvironmentTabProps) {
  return <p>This part of the console is not there yet.</p>;
}

import type { EnvironmentTabProps } from '../environments/index.js';

/** Filled by what comes next. */
export function ConversationTab({ environment }: EnvironmentTabProps) {
  return (
    <div class="page">
      <p>This part of the console is not there yet for {environment.record.value?.connectionName}.</p>
    </div>
  );
}

import { wildcard } from '../config/index.js';

/** With it a child could act as the listener, or as a client that may approve. */
export const NEVER_GIVEN = 'TWINLANE_TOKEN';

/** The variables of an environment that are named. */
export function childEnvironment(names: readonly string[], all: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const allowed = names.map((name) => wildcard(name));
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => name !== NEVER_GIVEN && allowed.some((pattern) => pattern.test(name))),
  );
}

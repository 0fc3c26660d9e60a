import { homedir } from 'node:os';
import path from 'node:path';

/** Where data is kept unless told otherwise (docs/architecture.md, "How it starts and stops"). */
export function defaultDataDir(env: Readonly<Record<string, string | undefined>>): string {
  const { XDG_DATA_HOME: dataHome } = env;
  return path.join(
    dataHome && path.isAbsolute(dataHome) ? dataHome : path.join(homedir(), '.local', 'share'),
    'twinlane',
  );
}

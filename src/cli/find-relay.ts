import { isLoopback } from '../protocol/index.js';
import { usageError } from './cli.error.js';
import { DataDirectory } from './data-dir/data-directory.js';

/** Where a relay listens when nobody says otherwise. */
const DEFAULT_SERVER = 'http://127.0.0.1:7400';

export interface RelayAccess {
  readonly server: string;
  readonly token: string;
}

/**
 * Which relay to talk to, and with which token: what was set, else the relay of this data directory. The token kept here
 * belongs to relays of this machine; it is shown to no other.
 *
 * @throws CliError when there is no token for that relay
 */
export async function findRelay(settings: { server?: string; token?: string; dataDir: string }): Promise<RelayAccess> {
  const directory = new DataDirectory(settings.dataDir);
  const server = settings.server ?? (await directory.endpoint())?.url ?? DEFAULT_SERVER;
  const isLocal = isLoopback(new URL(server).hostname);
  const kept = isLocal ? await directory.token() : undefined;
  const token = settings.token ?? kept?.token;
  if (token !== undefined) return { server, token };
  const where = isLocal ? `, and none is kept in ${settings.dataDir}` : '';
  throw usageError(
    `No token for ${server}: set TWINLANE_TOKEN or --token${where}. A relay of your own: npx twinlane start`,
  );
}

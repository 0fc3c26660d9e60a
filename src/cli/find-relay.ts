import { isLoopback } from '../protocol/index.js';
import type { CliIo } from './cli-io.js';
import { usageError } from './cli.error.js';
import { DataDirectory } from './data-dir/data-directory.js';
import { fixedToken, tokenSourceOf, type CliTokenSource, type TokenSettings } from './token-source/token-source.js';

/** Where a relay listens when nobody says otherwise. */
const DEFAULT_SERVER = 'http://127.0.0.1:7400';

/** A relay, and what it is shown. */
export interface RelayAccess extends CliTokenSource {
  readonly server: string;
}

export interface RelaySettings extends TokenSettings {
  readonly server?: string;
  readonly dataDir: string;
}

/**
 * Which relay to talk to, and with which token: what was set, else the relay of this data directory. The token kept here
 * belongs to relays of this machine; it is shown to no other.
 *
 * @throws CliError when there is no token for that relay
 */
export async function findRelay(
  settings: RelaySettings,
  io: Pick<CliIo, 'env' | 'cwd' | 'stderr' | 'clock'>,
): Promise<RelayAccess> {
  const given = tokenSourceOf(settings, io);
  const directory = new DataDirectory(settings.dataDir);
  const server = settings.server ?? (await directory.endpoint())?.url ?? DEFAULT_SERVER;
  const isLocal = isLoopback(new URL(server).hostname);
  const kept = isLocal ? await directory.token() : undefined;
  const source = given ?? (kept && fixedToken(kept.token));
  if (source) return { server, token: () => source.token(), freshToken: () => source.freshToken() };
  const where = isLocal ? `, and none is kept in ${settings.dataDir}` : '';
  throw usageError(
    `No token for ${server}: set TWINLANE_TOKEN or --token${where}. A relay of your own: npx twinlane start`,
  );
}

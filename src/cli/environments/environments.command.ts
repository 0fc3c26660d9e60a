import { TwinlaneClient } from '../../client/index.js';
import { SYSTEM_CLOCK, type EnvironmentRecord } from '../../protocol/index.js';
import { Output } from '../output.js';
import type { CliIo } from '../cli-io.js';
import { EXIT } from '../exit-codes.js';
import { findRelay } from '../find-relay.js';
import { outbound } from '../outbound/outbound.js';
import { EnvironmentsSettings } from '../settings/client.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { table, visibleLine } from '../text.js';
import { keepAlive } from '../waiting.js';

const HEAD = ['NAME', 'STATE', 'ID', 'MODE', 'WORKSPACE', 'LAST SEEN'];

/** `twinlane environments`: what the relay knows, online or not. */
export function environmentsCommand(flags: Readonly<Record<string, unknown>>, io: CliIo): Promise<number> {
  const { clock = SYSTEM_CLOCK } = io;
  const settings = readSettings('environments', EnvironmentsSettings, { flags, env: io.env });
  return keepAlive(async () => {
    const access = await findRelay(settings);
    const { client } = await outbound(access.server, settings, io.env);
    const environments = await new TwinlaneClient({ ...access, ...client, clock }).environments();
    const stdout = new Output(io.stdout);
    if (settings.json) await stdout.write(`${JSON.stringify(environments, null, 2)}\n`);
    else if (environments.length === 0) io.stderr.write('No environments yet. Where agents run: npx twinlane listen\n');
    else await stdout.write(table([HEAD, ...environments.map((environment) => row(environment, clock.now()))]));
    return EXIT.OK;
  });
}

function row(environment: EnvironmentRecord, now: number): string[] {
  const { id, connectionName, currentMode, metadata, lastSeenAt } = environment;
  const workspace = metadata?.['workspace'];
  return [
    connectionName,
    stateOf(environment, now),
    id,
    currentMode ?? '-',
    typeof workspace === 'string' ? workspace : '-',
    new Date(lastSeenAt).toISOString().replace(/\.\d+Z$/, 'Z'),
  ].map(visibleLine);
}

/** The relay and this machine may differ about the time; nobody is away for less than nothing. */
function stateOf({ connectionId, awaySince }: EnvironmentRecord, now: number): string {
  if (connectionId === null) return 'offline';
  if (typeof awaySince !== 'number') return 'online';
  return `away ${Math.max(0, Math.round((now - awaySince) / 1_000))} s`;
}

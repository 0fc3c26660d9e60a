import type { EnvironmentRecord } from '../../protocol/index.js';
import type { CliIo } from '../cli-io.js';
import { EnvironmentsSettings } from '../settings/client.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { table, visibleLine } from '../text.js';
import { administer, type Action } from '../tokens/administer.js';
import { offlineWords } from './offline-words.js';

const HEAD = ['NAME', 'STATE', 'ID', 'MODE', 'WORKSPACE', 'LAST SEEN'];

const ACTIONS: Readonly<Record<string, Action>> = {
  list: {
    words: [],
    run: async ({ client, stdout, note, json, isJson, now }) => {
      const environments = await client.environments();
      if (isJson) return json(environments);
      if (environments.length === 0) return note('No environments yet. Where agents run: npx twinlane listen');
      await stdout.write(tableOf(environments, now));
    },
  },
  release: {
    words: ['<id>'],
    run: async ({ administration, stdout, json, isJson }, [id = '']) => {
      const released = await administration.releaseEnvironment(id);
      if (isJson) return json(released);
      await stdout.line(
        `Released ${released.id} (${visibleLine(released.connectionName)}): its listener stops, and another token may register it.`,
      );
    },
  },
  delete: {
    words: ['<id>'],
    run: async ({ administration, stdout, json, isJson }, [id = '']) => {
      const deleted = await administration.deleteEnvironment(id);
      if (isJson) return json(deleted);
      await stdout.line(
        `Deleted ${deleted.id} (${visibleLine(deleted.connectionName)}) and its history; its listener stops.`,
      );
    },
  },
};

/** `twinlane environments`: what the relay knows, online or not; and what an admin does to it. */
export function environmentsCommand(
  words: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  io: CliIo,
): Promise<number> {
  const settings = readSettings('environments', EnvironmentsSettings, { flags, env: io.env });
  return administer('environments', ACTIONS, words.length === 0 ? ['list'] : words, settings, io);
}

/** Where a relay is many nodes, its operator sees at which one each environment is. */
function tableOf(environments: readonly EnvironmentRecord[], now: number): string {
  const rows = environments.map((environment) => row(environment, now));
  if (environments.every(({ servedBy }) => servedBy === undefined)) return table([HEAD, ...rows]);
  const nodes = environments.map(({ servedBy }) => visibleLine(servedBy ?? '-'));
  return table([[...HEAD, 'NODE'], ...rows.map((cells, i) => [...cells, nodes[i] ?? '-'])]);
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
function stateOf(environment: EnvironmentRecord, now: number): string {
  const { connectionId, awaySince } = environment;
  if (connectionId === null) return offlineState(environment);
  if (typeof awaySince !== 'number') return 'online';
  return `away ${Math.max(0, Math.round((now - awaySince) / 1_000))} s`;
}

function offlineState(environment: EnvironmentRecord): string {
  const words = offlineWords(environment);
  return words ? `offline, ${words.short}` : 'offline';
}

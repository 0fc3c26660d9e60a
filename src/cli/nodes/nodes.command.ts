import type { RelayNodes } from '../../protocol/index.js';
import type { CliIo } from '../cli-io.js';
import { NodesSettings } from '../settings/client.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { table, visibleLine } from '../text.js';
import { administer, shownTime, type Action } from '../tokens/administer.js';

const HEAD = ['NAME', 'STATE', 'ENVIRONMENTS', 'SOCKETS', 'SINCE', 'ID'];

const LIST: Action = {
  words: [],
  run: async ({ administration, stdout, note, json, isJson }) => {
    const found = await administration.nodes();
    if (isJson) return json(found);
    await stdout.write(table([HEAD, ...rows(found)]));
    if (found.nats === 'away')
      note('The node that answers does not reach NATS: others are as they were heard of last.');
  },
};

/** `twinlane nodes`: the processes that are a relay, and how they are; for its operator. */
export function nodesCommand(flags: Readonly<Record<string, unknown>>, io: CliIo): Promise<number> {
  const settings = readSettings('nodes', NodesSettings, { flags, env: io.env });
  return administer('nodes', { list: LIST }, ['list'], settings, io);
}

function rows({ nodes, answeredBy }: RelayNodes): string[][] {
  return nodes.map(({ id, name, state, environments, sockets, startedAt }) => [
    visibleLine(name),
    id === answeredBy ? `${state}, answers` : state,
    String(environments),
    String(sockets),
    shownTime(startedAt),
    id,
  ]);
}

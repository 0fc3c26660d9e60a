import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../test/kit/cli.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { Metrics } from '../../observability/index.js';
import { MemoryEnvironmentRegistry } from '../environments/memory-environment.registry.js';
import { RelayOptions } from '../relay.options.js';
import { localHistoryProvider } from './local-history.provider.js';
import type { OpenHistory } from './open-history.js';
import { RoutingOptions } from './routing.options.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };
const clock = new ManualClock();
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(() => directory.remove());

async function withHistory<T>(engine: string, run: (open: OpenHistory) => T): Promise<T> {
  const options = Object.assign(new RelayOptions(), { dataDir: directory.path, engine });
  const registry = new MemoryEnvironmentRegistry(clock);
  const open = await localHistoryProvider.useFactory(options, new RoutingOptions(), clock, new Metrics(), registry);
  try {
    return await run(open);
  } finally {
    await open.onApplicationShutdown?.();
  }
}

const append = async (open: OpenHistory): Promise<void> => {
  const journal = open('env-1');
  const { position } = journal.append(RUNTIME, { epoch: 'e1', seq: 1, type: 'stream_delta', frame: '{}' });
  await journal.committed(RUNTIME, position);
};
const kept = (open: OpenHistory): number => open('env-1').runtimes().length;

it('C24 the history of a relay that is one process is there when it is back', async () => {
  await withHistory('embedded', append);
  expect(await withHistory('embedded', kept)).toBe(1);
});

it('that of a node is a cache: whatever it was when it was killed, it is empty at the start, and none of one process', async () => {
  await withHistory('embedded', append);
  await withHistory('nats://127.0.0.1', append);
  expect(await withHistory('nats://127.0.0.1', kept)).toBe(0);
  expect(await withHistory('embedded', kept)).toBe(1);
});

import { Logger } from '@nestjs/common';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { shown } from '../../../../../test/kit/fake-history-world.js';
import { NATS_SKIPPED, NatsServer } from '../../../../../test/kit/nats-server.js';
import { JournalStore, MemoryJournal, type Journal, type MemoryJournalOptions } from '../../../../journal/index.js';
import { type Runtime, SYSTEM_CLOCK } from '../../../../protocol/index.js';
import { NatsConnection } from '../connection/nats-connection.js';
import { NatsOptions } from '../connection/nats.options.js';
import { NO_HISTORY_OBSERVER } from './history-observer.js';
import { FencedError, type ReadFrom, WrongSequenceError } from './history-stream.js';
import { JetStreamHistoryOptions } from './history.options.js';
import { JetStreamHistories } from './jetstream-histories.js';
import { openHistoryStreams } from './open-streams.js';

const runtime = { agent_id: 'a', conversation_id: 'c' };
const other = { agent_id: null, conversation_id: 'ü.> *' };
const ends: (() => Promise<unknown>)[] = [];

beforeEach(() => Logger.overrideLogger(false));

afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
  Logger.overrideLogger(['error', 'warn', 'log']);
});

async function startServer(): Promise<NatsServer> {
  const server = await NatsServer.start();
  ends.push(() => server.dispose());
  return server;
}

interface Node {
  readonly connection: NatsConnection;
  readonly histories: JetStreamHistories;
  readonly told: string[];
}

interface NodeOptions extends Partial<JetStreamHistoryOptions> {
  readonly cache?: MemoryJournalOptions;
  readonly openCache?: (environmentId: string) => Journal;
}

async function startNode({ url }: NatsServer, { cache = {}, openCache, ...rest }: NodeOptions = {}): Promise<Node> {
  const settings = { engine: url, nodeName: 'node', options: Object.assign(new NatsOptions(), { reconnectMs: 20 }) };
  const connection = await NatsConnection.open(settings, SYSTEM_CLOCK);
  ends.push(() => connection.close());
  const options = Object.assign(new JetStreamHistoryOptions(), { retryMs: 20 }, rest);
  const told: string[] = [];
  const histories = new JetStreamHistories({
    link: connection,
    streams: await openHistoryStreams(connection, options),
    openCache: openCache ?? (() => new MemoryJournal(cache)),
    options,
    clock: SYSTEM_CLOCK,
    observer: {
      ...NO_HISTORY_OBSERVER,
      fenced: (id) => told.push(`fenced ${id}`),
      reverted: (id, entries) => told.push(`reverted ${id} ${entries}`),
    },
  });
  ends.push(() => histories.close());
  return { connection, histories, told };
}

async function home(node: Node, term: number, environmentId = 'env'): Promise<Journal> {
  await node.histories.prepare(environmentId, term);
  return node.histories.open(environmentId);
}

function appendAll(journal: Journal, from: number, to: number, size = 10, at: Runtime = runtime): Promise<void> {
  let committed = Promise.resolve();
  for (let seq = from; seq <= to; seq++) {
    const frame = JSON.stringify({ n: seq, text: 'é'.repeat(size) });
    committed = journal.committed(at, journal.append(at, { epoch: 'e1', seq, type: 'stream_delta', frame }).position);
  }
  return committed;
}

describe.skipIf(NATS_SKIPPED)(`JetStreamHistories${NATS_SKIPPED ? `: ${NATS_SKIPPED}` : ''}`, () => {
  it('gives the next home what the last one had', async () => {
    const server = await startServer();
    const [one, two] = [await startNode(server), await startNode(server)];
    const journal = await home(one, 1);
    for (let seq = 1; seq <= 20; seq++) await appendAll(journal, seq, seq);
    journal.appendGap(runtime, { epoch: 'e1', from: 21, to: 29 });
    journal.append(runtime, { epoch: 'e1', seq: 30, type: 'update_queue', frame: '{"q":1}', keep: 'snapshot' });
    journal.append(runtime, { epoch: 'e2\r\n', seq: 31, type: 'x', frame: '{}', keep: 'title', keepText: 'T' });
    await journal.committed(runtime, journal.bounds(runtime).head);
    await appendAll(journal, 1, 300, 10, other);
    await one.histories.release('env');
    const next = await home(two, 2);
    expect(next.runtimes()).toEqual([runtime, other]);
    expect(next.epochs(runtime).map(({ epoch, first, last }) => [epoch, first, last])).toEqual([
      ['e1', 1, 30],
      ['e2\r\n', 31, 31],
    ]);
    expect([...next.kept(runtime)]).toEqual([
      ['snapshot', '{"q":1}'],
      ['title', 'T'],
    ]);
    expect(next.read(runtime, 20, 1)).toMatchObject([{ seq: 21, through: 29, frame: undefined }]);
    expect(next.read(other, 0, 1_000)).toHaveLength(300);
    expect((await home(one, 3, 'env2')).runtimes()).toEqual([]);
  });

  it('does not come to life when it is let go of while it loads', async () => {
    const server = await startServer();
    const cache = new MemoryJournal();
    const one = await startNode(server, { openCache: () => cache });
    const two = await startNode(server);
    await appendAll(await home(two, 1), 1, 3);
    await two.histories.release('env');
    for (const end of ['release', 'abandon'] as const) {
      const preparing = one.histories.prepare('env', 2);
      const [outcome] = await Promise.allSettled([preparing, one.histories[end]('env')]);
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'HistoryClosedError' } });
      expect(() => one.histories.open('env')).toThrow(/prepare it first/);
      // What stayed there would be nobody's, on the disk of a node for as long as it runs.
      expect(cache.runtimes()).toEqual([]);
    }
    const [first, second] = [one.histories.prepare('env', 3), one.histories.prepare('env', 4)];
    await expect(first).rejects.toThrow(/given back/);
    await second;
    expect(one.histories.open('env').read(runtime, 0, 9)).toHaveLength(3);
  });

  it('leaves out what cannot be read, and says that it is missing', async () => {
    const server = await startServer();
    const [one, two] = [await startNode(server), await startNode(server)];
    const journal = await home(one, 1);
    for (let seq = 1; seq <= 2; seq++) await appendAll(journal, seq, seq);
    await one.histories.release('env');
    const [streams] = await openHistoryStreams(one.connection, new JetStreamHistoryOptions());
    const [subject = ''] = (await streams?.events.subjects('twinlane.history.0.env.*'))?.keys() ?? [];
    const label = { term: 1, part: 1, parts: 1, events: { epoch: 'e1', first: 3, last: 5 } };
    await streams?.events.publish({ subject, id: 'odd', label, data: Buffer.from('?') }, 2);
    const next = await home(two, 2);
    expect(next.read(runtime, 2, 9)).toMatchObject([{ seq: 3, through: 5, frame: undefined }]);
    await appendAll(next, 6, 6);
  });

  it('refuses what an earlier home writes', async () => {
    const server = await startServer();
    const [one, two] = [await startNode(server), await startNode(server)];
    const first = await home(one, 1);
    await appendAll(first, 1, 3);
    const second = await home(two, 2);
    await appendAll(second, 4, 5);
    await expect(appendAll(first, 4, 4)).rejects.toBeInstanceOf(FencedError);
    expect([one.told, two.told]).toEqual([['fenced env'], []]);
    expect((await home(two, 3)).epochs(runtime)).toEqual([{ epoch: 'e1', first: 1, last: 5, kept: 1 }]);
  });

  it('keeps once what was published twice', async () => {
    const server = await startServer();
    const { connection } = await startNode(server);
    const [streams] = await openHistoryStreams(connection, new JetStreamHistoryOptions());
    const message = { subject: 'twinlane.history.0.env.r', id: 'x', label: { term: 1, part: 1, parts: 1 } };
    const data = Buffer.from('x');
    const sequence = await streams?.events.publish({ ...message, data }, 0);
    // Servers of 2.9 and 2.10 say where it is; newer ones compare what is expected first.
    const twice = await streams?.events.publish({ ...message, data }, 0).catch((error: unknown) => error);
    expect(twice === sequence || twice instanceof WrongSequenceError).toBe(true);
    expect(await streams?.events.subjects(message.subject)).toEqual(new Map([[message.subject, 1]]));
    const another = streams?.events.publish({ ...message, id: 'y', data }, 0);
    await expect(another).rejects.toThrow(/Another message is the newest on twinlane.history.0.env.r/);
    expect(await streams?.events.last(message.subject)).toMatchObject({ sequence, label: message.label });
  });

  it('reads in bites whatever is there, and from a message on', async () => {
    const server = await startServer();
    const { connection } = await startNode(server);
    const [streams] = await openHistoryStreams(connection, new JetStreamHistoryOptions());
    const subject = 'twinlane.history.0.env.r';
    const label = { term: 1, part: 1, parts: 1 };
    let sequence = 0;
    // The bound of a bite in bytes, and in messages.
    for (const bytes of [...Array<number>(6).fill(900_000), ...Array<number>(1_005).fill(5)]) {
      const message = { subject, id: `${sequence}`, label, data: Buffer.alloc(bytes, 'x') };
      sequence = (await streams?.events.publish(message, sequence)) ?? 0;
    }
    const read = async (range: ReadFrom = {}): Promise<readonly number[]> => {
      const sequences: number[] = [];
      for await (const message of streams?.events.read('twinlane.history.0.env.*', range) ?? [])
        sequences.push(message.sequence);
      return sequences;
    };
    expect(await read()).toEqual(Array.from({ length: 1_011 }, (_, i) => i + 1));
    expect(await read({ from: 1_009, through: 1_011 })).toEqual([1_009, 1_010, 1_011]);
    expect(await read({ from: 1_012 })).toEqual([]);
    expect(await streams?.events.get(14)).toMatchObject({ sequence: 14, subject, label });
    // One that is not there yet is waited for.
    const waiting = read({ from: 1_012, through: 1_012 });
    await streams?.events.publish({ subject, id: 'new', label, data: Buffer.from('x') }, sequence);
    expect(await waiting).toEqual([1_012]);
  });

  it('keeps events that are larger than a message of NATS', async () => {
    const server = await startServer();
    const [one, two] = [await startNode(server), await startNode(server)];
    const journal = await home(one, 1);
    await appendAll(journal, 1, 2, 1_500_000);
    await appendAll(journal, 3, 4);
    expect(shown(await home(two, 2), runtime)).toEqual(shown(journal, runtime));
  });

  it('lets the stream go of what is not kept any more, and keeps names and what is kept by name', async () => {
    const server = await startServer();
    const limits = { cache: { maxEntriesPerRuntime: 10 }, upkeepMs: 20, maxBatchBytes: 100 };
    const [one, two] = [await startNode(server, limits), await startNode(server, limits)];
    const journal = await home(one, 1);
    journal.append(runtime, { epoch: 'e0', seq: 1, type: 'x', frame: '{}', keep: 'snapshot' });
    await appendAll(journal, 2, 100);
    const { streams } = one.connection.manager;
    await vi.waitFor(async () => expect((await streams.info('TWINLANE_HISTORY_0')).state.messages).toBeLessThan(15), {
      timeout: 60_000,
    });
    await one.histories.release('env');
    const next = await home(two, 2);
    expect([next.bounds(runtime).head - next.bounds(runtime).oldest, [...next.kept(runtime)]]).toEqual([
      9,
      [['snapshot', '{}']],
    ]);
    expect(next.last(runtime, 'e0')).toMatchObject({ seq: 1 });
    next.forget(runtime);
    next.remove(other);
    await two.histories.release('env');
    expect((await home(one, 3)).epochs(runtime).at(-1)).toEqual({ epoch: 'e1', first: 2, last: 100, kept: 101 });
    await one.histories.delete('env');
    for (const name of ['TWINLANE_HISTORY_0', 'TWINLANE_RECORDS_0'])
      expect((await streams.info(name)).state.messages).toBe(0);
  });

  it('lets events go for their age', async () => {
    const server = await startServer();
    const aging = { maxAgeMs: 1_000, upkeepMs: 20 };
    const [one, two] = [await startNode(server, aging), await startNode(server, aging)];
    const journal = await home(one, 1);
    await appendAll(journal, 1, 5);
    await vi.waitFor(
      async () => expect((await one.connection.manager.streams.info('TWINLANE_HISTORY_0')).state.messages).toBe(0),
      { timeout: 60_000 },
    );
    await appendAll(journal, 6, 6);
    await one.histories.release('env');
    const next = await home(two, 2);
    expect(next.epochs(runtime)).toMatchObject([{ epoch: 'e1', first: 1, last: 6 }]);
    expect(next.find(runtime, 'e1', 5)).toBeUndefined();
  });

  it('publishes again what a killed server has lost', async () => {
    const server = await startServer();
    const [one, two] = [await startNode(server), await startNode(server)];
    const journal = await home(one, 1);
    await appendAll(journal, 1, 5);
    await server.stop();
    const older = await mkdtemp(path.join(tmpdir(), 'twinlane-older-'));
    ends.push(() => rm(older, { recursive: true }));
    await cp(server.home, older, { recursive: true });
    await server.again();
    for (let seq = 6; seq <= 9; seq++) await appendAll(journal, seq, seq);
    await server.kill();
    await rm(server.home, { recursive: true });
    await cp(older, server.home, { recursive: true });
    await server.again();
    await vi.waitFor(() => expect(one.told).toEqual(['reverted env 4']), { timeout: 60_000 });
    await appendAll(journal, 10, 11);
    await vi.waitFor(() => expect(two.connection.state).toBe('connected'), { timeout: 60_000 });
    expect(shown(await home(two, 2), runtime)).toEqual(shown(journal, runtime));
    expect(journal.read(runtime, 0, 100)).toHaveLength(11);
  });

  it('waits while NATS is away, shows what it has, and goes on by itself', async () => {
    const server = await startServer();
    const one = await startNode(server, { maxUnacknowledgedBytes: 1_000 });
    const journal = await home(one, 1);
    await appendAll(journal, 1, 3);
    await server.kill();
    await vi.waitFor(() => expect(one.connection.state).toBe('away'), { timeout: 60_000 });
    const committed = appendAll(journal, 4, 100);
    expect(journal.read(runtime, 0, 1_000)).toHaveLength(3);
    const room = journal.room();
    expect(one.histories.unacknowledged.bytes).toBeGreaterThan(1_000);
    await server.again();
    await Promise.all([committed, room]);
    expect(journal.read(runtime, 0, 1_000)).toHaveLength(100);
    expect(one.histories.unacknowledged).toEqual({ events: 0, bytes: 0 });
  });

  it('keeps what it has first on its disk, and goes on from there', async () => {
    const server = await startServer();
    const directory = await mkdtemp(path.join(tmpdir(), 'twinlane-cache-'));
    ends.push(() => rm(directory, { recursive: true }));
    const store = new JournalStore(path.join(directory, 'history.db'));
    ends.push(() => store.close());
    const one = await startNode(server, { openCache: (id) => store.open(id) });
    const two = await startNode(server);
    const journal = await home(one, 1);
    await appendAll(journal, 1, 500);
    await appendAll(journal, 1, 5, 10, other);
    expect(shown(await home(two, 2), runtime)).toEqual(shown(journal, runtime));
    await two.histories.release('env');
    await one.histories.release('env');
    await appendAll(await home(two, 3), 501, 502);
    await two.histories.release('env');
    const again = await home(one, 4);
    expect(again.read(runtime, 0, 1_000)).toHaveLength(502);
    await appendAll(again, 503, 504);
    expect(again.read(runtime, 502, 10)).toHaveLength(2);
    expect(shown(await home(two, 5), runtime)).toEqual(shown(again, runtime));
  });

  it('keeps nothing of an environment that was deleted elsewhere', async () => {
    const cache = new MemoryJournal();
    const one = await startNode(await startServer(), { openCache: () => cache });
    await appendAll(await home(one, 1), 1, 20);
    await one.histories.release('env');
    expect(cache.runtimes()).toEqual([runtime]);
    one.histories.forget('env');
    expect(cache.runtimes()).toEqual([]);
  });

  it('refuses another number of partitions than there is', async () => {
    const server = await startServer();
    const one = await startNode(server, { partitions: 2 });
    await expect(startNode(server)).rejects.toThrow(/keeps histories in 2 partitions, not in 1 partition/);
    const journal = await home(one, 1);
    await appendAll(journal, 1, 2);
    await home(one, 1, 'another');
    expect(shown(await home(await startNode(server, { partitions: 2 }), 2), runtime)).toEqual(shown(journal, runtime));
  });
});

import { afterEach, beforeEach, expect, it } from 'vitest';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import {
  isEvent,
  isReplayed,
  TwinlaneClient,
  type Attachment,
  type HistoryWish,
  type Runtime,
} from '../src/client/index.js';
import { SYSTEM_CLOCK, type Clock, type Frame, type Timer } from '../src/protocol/index.js';
import { RawSocket } from './kit/raw-socket.js';
import { TOKEN, Twinlane } from './kit/twinlane.js';

let twinlane: Twinlane;
const opened: Attachment[] = [];
beforeEach(async () => {
  twinlane = await Twinlane.start();
});
afterEach(async () => {
  for (const attachment of opened.splice(0)) attachment.close();
  await twinlane.close();
});

/** Runs one turn in a conversation of its own. @returns what it was, and its events as they came */
async function converse(text: string): Promise<{ runtime: Runtime; numbers: unknown[] }> {
  const attachment = await twinlane.attach();
  const numbers: unknown[] = [];
  for await (const event of await attachment.turn(`echo ${text}`))
    if (!isReplayed(event)) numbers.push(event['event_seq']);
  const { runtime } = attachment;
  attachment.close();
  if (!runtime) throw new Error('it follows nothing');
  return { runtime, numbers };
}

async function goOffline(): Promise<string> {
  const client = twinlane.client();
  const [environment] = await client.environments();
  if (!environment) throw new Error('there is no environment');
  await twinlane.listener.close();
  return environment.id;
}

/** Where clients attach to an environment. */
function socketsOf(environment: string): string {
  return `${twinlane.url.replace('http', 'ws')}/v1/environments/${environment}/status/ws`;
}

/** What an attachment shows of the past of a runtime: everything up to the end of its newest turn, and then the state. */
async function read(environment: string, runtime: Runtime, history: HistoryWish): Promise<Frame[]> {
  const attachment = await twinlane.client().attach(environment, { runtime, history });
  opened.push(attachment);
  const seen: Frame[] = [];
  for await (const event of attachment.events()) {
    seen.push(event);
    if (isReplayed(event) && isEvent(event, 'update_loop_status')) return seen;
  }
  return seen;
}

const printed = (event: Frame): string => {
  const text = isEvent(event, 'stream_delta') ? event.delta['tool_return'] : undefined;
  return typeof text === 'string' ? text : '';
};

it('lists the conversations of an environment that is offline, and shows what each held', async () => {
  const first = await converse('one');
  const second = await converse('two');
  const environment = await goOffline();
  const { runtimes, hasMore } = await twinlane.client().runtimes(environment);
  expect(runtimes.map(({ runtime }) => runtime)).toEqual([second.runtime, first.runtime]);
  expect(hasMore).toBe(false);
  for (const [entry, text] of [
    [runtimes[0], 'two'],
    [runtimes[1], 'one'],
  ] as const) {
    if (!entry) throw new Error('an entry is missing');
    expect(entry).toMatchObject({ title: `echo ${text}`, loopStatus: 'WAITING_ON_INPUT', pendingApprovals: 0 });
    const events = await read(environment, entry.runtime, 'all');
    const past = events.filter((event) => !isReplayed(event));
    expect(past.map(printed).join('')).toBe(`${text}\n`);
    expect(past).toHaveLength(entry.events);
    expect(past.map((event) => event['event_seq'])).toEqual(past.map((_, i) => i + 1));
    expect(past.at(-1)?.['event_seq']).toBe(entry.seq);
    expect(entry.lastEventAt).toBe(Date.parse(String(past.at(-1)?.['emitted_at'])));
  }
});

it('shows as much of the past as was asked for, and the state after it', async () => {
  const { runtime, numbers } = await converse('one');
  const environment = await goOffline();
  const few = await read(environment, runtime, 3);
  expect(few.filter((event) => !isReplayed(event)).map((event) => event['event_seq'])).toEqual(numbers.slice(-3));
  expect(opened.at(-1)?.head?.seq).toBe(numbers.at(-1));
  expect(few.slice(0, 3).some(isReplayed)).toBe(false);
  expect((await read(environment, runtime, 'none')).every(isReplayed)).toBe(true);
});

it('is sent several events in one message where it takes that, and each in its own where it does not', async () => {
  const { runtime, numbers } = await converse('one');
  const environment = await goOffline();
  const messages: string[] = [];
  class WatchedSocket extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      this.on('message', (data: Buffer) => void messages.push(data.toString('utf8')));
    }
  }
  const client = new TwinlaneClient({ server: twinlane.url, token: TOKEN, WebSocket: WatchedSocket });
  const attachment = await client.attach(environment, { runtime, history: 'all' });
  opened.push(attachment);
  const seen: unknown[] = [];
  for await (const event of attachment.events()) if (seen.push(event['event_seq']) === numbers.length) break;
  expect(seen).toEqual(numbers);
  expect(messages.some((text) => text.startsWith('[{"seq":'))).toBe(true);
  const query = new URLSearchParams({ conversationId: runtime.conversation_id, channel: 'stream', history: 'all' });
  const plain = await RawSocket.open(`${socketsOf(environment)}?${query.toString()}`, { token: TOKEN });
  await plain.seenWhere((frame) => frame['event_seq'] === numbers.at(-1));
  expect(plain.frames.filter((frame) => 'event_seq' in frame).map((frame) => frame['event_seq'])).toEqual(numbers);
  await plain.close();
});

it('goes from one conversation to another, and leaves no socket and no timer behind', async () => {
  const runtimes = [(await converse('one')).runtime, (await converse('two')).runtime];
  const sockets: WebSocket[] = [];
  class CountedSocket extends WebSocket {
    constructor(...args: ConstructorParameters<typeof WebSocket>) {
      super(...args);
      sockets.push(this);
    }
  }
  const timers = new Set<Timer>();
  const clock: Clock = {
    ...SYSTEM_CLOCK,
    after: (ms, run) => {
      const timer = SYSTEM_CLOCK.after(ms, () => {
        timers.delete(kept);
        run();
      });
      const kept = {
        cancel: (): void => {
          timers.delete(kept);
          timer.cancel();
        },
      };
      timers.add(kept);
      return kept;
    },
  };
  const client = new TwinlaneClient({ server: twinlane.url, token: TOKEN, WebSocket: CountedSocket, clock });
  const [environment] = await client.environments();
  if (!environment) throw new Error('there is no environment');
  for (const runtime of [...runtimes, ...runtimes]) {
    const attachment = await client.attach(environment, { runtime, history: 'all' });
    const samples = attachment.metrics();
    for await (const event of attachment.events()) if (isEvent(event, 'turn_finished')) break;
    attachment.close();
    for await (const { state } of samples) if (state.phase === 'closed') break;
  }
  expect(sockets).toHaveLength(2 * 2 * runtimes.length);
  const open = sockets.filter(({ readyState, CLOSED }) => readyState !== CLOSED);
  await Promise.all(open.map((socket) => once(socket, 'close')));
  expect(timers.size).toBe(0);
});

it('goes on from the past to what happens, each event once', async () => {
  const { runtime, numbers } = await converse('one');
  const attachment = await twinlane.attach(runtime);
  const watching = await twinlane.client().attach((await twinlane.client().environments())[0]?.id ?? '', {
    runtime,
    history: 'all',
  });
  opened.push(watching);
  const turn = await attachment.turn('echo two');
  for await (const _ of turn);
  const seen: unknown[] = [];
  for await (const event of watching.events()) {
    if (!isReplayed(event)) seen.push(event['event_seq']);
    if (seen.length > numbers.length && isEvent(event, 'turn_finished')) break;
  }
  expect(seen).toEqual(seen.map((_, i) => i + 1));
  expect(seen.length).toBeGreaterThan(numbers.length);
});

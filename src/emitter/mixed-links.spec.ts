import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linkContext } from '../../test/kit/link-context.js';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import { MemorySocket } from '../../test/kit/memory-socket.js';
import { MemoryJournal } from '../journal/index.js';
import { DEFAULT_MAX_FRAME_BYTES, DEFAULT_TYPE_MAP, type Frame } from '../protocol/index.js';
import { LinkChannel, OpenChannels } from '../transport/index.js';
import { EmitterOptions } from './emitter.options.js';
import { ProtocolEmitterService } from './protocol-emitter.service.js';

type Step =
  | { readonly emit: number; readonly runtime: number }
  | { readonly connect: 'plain' | 'resumable'; readonly hears: number; readonly keeps: number }
  | { readonly wait: number };

/** A server that drops by name what it has; of each link it hears the first frames, and keeps fewer. */
class Server {
  readonly events: string[] = [];
  private readonly names = new Set<string>();

  socket(isResumable: boolean, hears: number, keeps: number): MemorySocket {
    const [ours, theirs] = MemorySocket.pair();
    let heard = 0;
    theirs.receive({
      message: (text) => {
        const frame = JSON.parse(text) as Frame;
        // From now on all stays in the buffer.
        if (++heard > hears) ours.held = true;
        this.take(frame);
        if (frame.type === 'ping') theirs.send('{"type":"pong"}');
        const { seq } = frame;
        if (isResumable && typeof seq === 'number')
          theirs.send(JSON.stringify({ type: 'ack', seq, safe: Math.min(seq, keeps) }));
      },
      closed: () => {},
    });
    return ours;
  }

  private take({ runtime, event_seq: seq }: Frame): void {
    const name = `${JSON.stringify(runtime)} ${String(seq)}`;
    if (seq === undefined || this.names.has(name)) return;
    this.names.add(name);
    this.events.push(name);
  }
}

/** Less than a few events. */
const UNSENT_BYTES = 500;
const SEED = 5_050;

function setUp(journal = new MemoryJournal()) {
  const clock = new ManualClock();
  const none = { send: () => {} } as never;
  const links = { feed: () => {}, maxFrameBytes: DEFAULT_MAX_FRAME_BYTES } as never;
  const options = Object.assign(new EmitterOptions(), { unsentBytes: UNSENT_BYTES });
  const emitter = new ProtocolEmitterService(options, journal, DEFAULT_TYPE_MAP, clock, none, none, links);
  const context = linkContext(clock);
  const server = new Server();
  let open: readonly MemorySocket[] = [];
  const connect = async (kind: 'plain' | 'resumable', hears = Infinity, keeps = hears): Promise<void> => {
    for (const socket of open) socket.terminate();
    await settle();
    emitter.linkDown();
    const resumable = kind === 'resumable';
    const sockets = [server.socket(resumable, hears, keeps), server.socket(resumable, hears, keeps)] as const;
    open = sockets;
    const control = new LinkChannel('control', sockets[0], context, resumable);
    const stream = new LinkChannel('stream', sockets[1], context, resumable);
    emitter.linkUp(new OpenChannels({ kind: 'split', resumable }, control, stream));
    await settle();
  };
  return { clock, emitter, server, connect };
}

const kinds = fc.constantFrom('plain' as const, 'resumable' as const);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ emit: fc.integer({ min: 1, max: 20 }), runtime: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ connect: kinds, hears: fc.nat(40), keeps: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.nat(2_000) }) },
);

it('C01 loses nothing and keeps the order over links of either kind, one after the other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), kinds, async (script, last) => {
      const { clock, emitter, server, connect } = setUp();
      const emitted: string[] = [];
      for (const step of script) {
        if ('connect' in step) await connect(step.connect, step.hears, step.keeps);
        else if ('wait' in step) await clock.advance(step.wait);
        else
          for (let i = 0; i < step.emit; i++) {
            const runtime = { agent_id: null, conversation_id: `c${step.runtime}` };
            const delta = { message_type: 'assistant_message', content: 'x' };
            const name = emitter.emit('stream_delta', { delta }, runtime);
            emitted.push(`${JSON.stringify(runtime)} ${name?.seq}`);
          }
      }
      await connect(last);
      await clock.advance(5_000);
      for (const runtime of ['c0', 'c1', 'c2']) {
        const of = (names: readonly string[]): readonly string[] => names.filter((name) => name.includes(runtime));
        expect(of(server.events)).toEqual(of(emitted));
        // Whoever waits until there is room does not wait for ever.
        await emitter.ready({ agent_id: null, conversation_id: runtime });
      }
      expect(emitter.settled).toBe(true);
    }),
    { numRuns: 200, seed: SEED },
  );
});

it.each(['plain', 'resumable'] as const)(
  'what is dropped before it is sent holds nobody up on a %s link',
  async (kind) => {
    const { emitter, server, connect } = setUp(new MemoryJournal({ maxEntriesPerRuntime: 3 }));
    const runtime = { agent_id: null, conversation_id: 'c' };
    const emitMany = (): void => {
      for (let i = 0; i < 50; i++)
        emitter.emit('stream_delta', { delta: { message_type: 'assistant_message', content: 'x' } }, runtime);
    };
    emitMany();
    await connect(kind);
    await emitter.ready(runtime);
    emitMany();
    await emitter.ready(runtime);
    expect(server.events).toHaveLength(6);
  },
);

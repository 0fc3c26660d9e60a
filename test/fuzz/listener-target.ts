import fc from 'fast-check';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { FakeServer } from '../kit/fake-server.js';
import { corpusOf } from './corpus.js';
import { FuzzListener } from './fuzz-listener.js';
import { deliver, Writer } from './messages.js';
import { mutate, type Mutation, mutations } from './mutation.js';
import { answerOddly, type OddAnswer, oddAnswers } from './odd-answers.js';
import { type Message, messages } from './relay-cases.js';
import { assertExplained } from './verdicts.js';
import { Finding, ProcessWatch, promise, type Tally } from './watch.js';

/** How a hostile server answers one registration. */
interface Grant {
  readonly entry: number;
  readonly mutations: readonly Mutation[];
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly address: string;
}

/** How a hostile server answers one registration as no server does. */
interface OddRegistration {
  readonly entry: number;
  readonly odd: OddAnswer;
}

/** What a hostile server does on one socket. */
interface Socket {
  readonly messages: readonly Message[];
  /** How it is closed afterwards; 0: it is cut. */
  readonly close: number;
}

/** A server that is hostile first, and then as it should be. */
export interface ListenerCase {
  readonly grants: readonly Grant[];
  /** How registrations are answered before all that. */
  readonly registrations: readonly OddRegistration[];
  /** How upgrades are refused first. */
  readonly refusals: readonly OddAnswer[];
  readonly sockets: readonly Socket[];
}

const CODES = [0, 1000, 1001, 1002, 1007, 1008, 1009, 1011, 1013, 3000, 4001, 4004, 4008, 4029, 4999];

export const listenerCases: fc.Arbitrary<ListenerCase> = fc.record({
  grants: fc.array(
    fc.record({
      entry: fc.oneof({ weight: 9, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(15) }),
      mutations,
      status: fc.oneof(
        { weight: 6, arbitrary: fc.constant(200) },
        { weight: 2, arbitrary: fc.constantFrom(429, 500, 503, 599) },
        { weight: 1, arbitrary: fc.constantFrom(204, 302, 400) },
      ),
      retryAfter: fc.constantFrom(undefined, '', '-1', 'soon', '0', '1e9', 'Thu, 01 Jan 1970 00:00:00 GMT'),
      address: fc.oneof(
        { weight: 12, arbitrary: fc.constant('$') },
        { weight: 1, arbitrary: fc.constantFrom('$#x', 'ws://[', '', 'http://127.0.0.1/') },
      ),
    }),
    { maxLength: 2 },
  ),
  registrations: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(fc.record({ entry: fc.nat(15), odd: oddAnswers }), { minLength: 1, maxLength: 3 }),
    },
  ),
  refusals: fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 1, arbitrary: fc.array(oddAnswers, { minLength: 1, maxLength: 3 }) },
  ),
  sockets: fc.array(fc.record({ messages: messages(10), close: fc.constantFrom(...CODES) }), {
    minLength: 1,
    maxLength: 4,
  }),
});

const GRANTS = corpusOf('granted');
/** Commands come from clients, but it is the server that says them. */
const FRAMES = corpusOf('server', 'client');
const LEASE_UNKNOWN = 4004;
/** In ms. A registration or an upgrade that is never answered takes as long; one that is answered late, on a busy machine, is tried again. */
const DEADLINE_MS = 1_000;

/** A listener whose server answers and says what no server should. */
export class ListenerTarget {
  private readonly watch = new ProcessWatch();

  private constructor(
    private readonly tally: Tally,
    private readonly server: FakeServer,
  ) {}

  static async start(tally: Tally): Promise<ListenerTarget> {
    const capabilities = { supportsSplitStatusChannels: true, supportsPairedListenerGenerations: true };
    return new ListenerTarget(tally, await FakeServer.start({ capabilities }));
  }

  /** @throws Finding when the listener does not live, or does not work any more once its server does. */
  async run({ grants, registrations, refusals, sockets }: ListenerCase): Promise<void> {
    const { server } = this;
    const hostile = [...sockets];
    server.registrations.length = server.received.length = server.upgrades.length = 0;
    server.answers.splice(0, Infinity, ...grants.map((grant) => this.answerOf(grant)));
    server.oddAnswers.splice(
      0,
      Infinity,
      ...registrations.map((answer) => (stream: Duplex) => this.answerOddly(stream, answer)),
    );
    server.refusals.splice(0, Infinity, ...refusals.map((odd) => (stream: Duplex) => this.refuse(stream, odd)));
    server.onOpen = (socket, url) => {
      const next = hostile.shift();
      if (next) this.attack(socket, url, next);
      // What was granted before must not last: a server that works has leases of its own.
      else if (url.searchParams.get('lease') !== 'l1') socket.close(LEASE_UNKNOWN);
    };
    const options = { server: server.url, token: 'a-token', deviceId: 'fuzzed' };
    const listener = await FuzzListener.start(options, {
      requestDeadlineMs: DEADLINE_MS,
      upgradeDeadlineMs: DEADLINE_MS,
    });
    try {
      await this.watch.during(async () => {
        const stopped = await this.recovers(listener, () => hostile.length === 0);
        this.tally.add(stopped === undefined ? 'listener: works again' : 'listener: stopped, saying why');
        promise(stopped === undefined || stopped.length > 0, () => 'The listener stopped without a reason.');
        assertExplained(stopped, 'why the listener stopped');
      });
    } finally {
      await this.watch.during(() => listener.close());
      for (const { socket } of server.sockets) socket.terminate();
    }
  }

  async close(): Promise<void> {
    await this.server.stop();
  }

  /** @returns why it has stopped for good; undefined: it answers commands */
  private async recovers(listener: FuzzListener, isOver: () => boolean): Promise<string | undefined> {
    for (let attempt = 1; ; attempt++) {
      const stopped = await listener.settled();
      if (stopped !== undefined) return stopped;
      const id = `alive-${attempt}`;
      const control = this.server.sockets.findLast(
        ({ url, socket }) =>
          url.searchParams.get('channel') === 'control' && isGood(url) && socket.readyState === WebSocket.OPEN,
      );
      if (control && isOver()) {
        control.socket.send(JSON.stringify({ type: 'app_server_info', request_id: id }));
        await this.server.until(() => control.socket.readyState !== WebSocket.OPEN || this.isAnswered(id));
        if (this.isAnswered(id)) return undefined;
      } else for (const { socket } of this.server.sockets) socket.close(LEASE_UNKNOWN);
      // It leaves the link that is ready only now, and by itself.
      await Promise.race([this.leaves(listener), this.server.until(() => this.isAnswered(id))]);
      if (attempt > MOST_ATTEMPTS) throw new Finding('The listener never answered again.');
    }
  }

  private isAnswered(id: string): boolean {
    return this.server.received.some(
      ({ frame }) => frame['type'] === 'app_server_info_response' && frame['request_id'] === id,
    );
  }

  private async leaves(listener: FuzzListener): Promise<void> {
    for await (const { phase } of listener.monitor.states()) if (phase !== 'ready') return;
  }

  private answerOf({ entry, mutations: list, status, retryAfter, address }: Grant) {
    const text = mutate(GRANTS[entry % GRANTS.length] ?? '{}', list, GRANTS);
    const body = text.replaceAll('$ws', address.replace('$', `${this.server.url.replace('http', 'ws')}/odd?lease=odd`));
    this.tally.add(`listener: granted ${status}`);
    return { status, body, headers: retryAfter === undefined ? {} : { 'Retry-After': retryAfter } };
  }

  private answerOddly(stream: Duplex, { entry, odd }: OddRegistration): void {
    this.tally.add(`listener: registration answered, ${odd.how}`);
    answerOddly(stream, odd, GRANTS[entry % GRANTS.length]);
  }

  private refuse(stream: Duplex, odd: OddAnswer): void {
    this.tally.add(`listener: upgrade refused, ${odd.how}`);
    answerOddly(stream, odd);
  }

  private attack(socket: WebSocket, url: URL, { messages: list, close }: Socket): void {
    const generation = url.searchParams.get('connectionGeneration');
    const attempt = Number(url.searchParams.get('connectionAttempt'));
    const writer = new Writer(FRAMES, {
      requests: [],
      epoch: 'epoch',
      others: { $generation: generation, $attempt: attempt },
    });
    for (const message of list) {
      const { next } = deliver(socket, writer.text(message), message);
      this.tally.add('listener: frames of a server');
      if (next !== 'more') break;
    }
    // Behind what it has sent.
    if (close === 0) socket.send('{"type":"ping"}', () => socket.terminate());
    else if (socket.readyState === WebSocket.OPEN) socket.close(close, 'fuzzed');
  }
}

const MOST_ATTEMPTS = 50;

function isGood(url: URL): boolean {
  return url.searchParams.get('lease') === 'l1';
}

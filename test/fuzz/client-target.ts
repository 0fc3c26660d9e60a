import fc from 'fast-check';
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { type Attachment, type ClientLimits, TwinlaneClient } from '../../src/client/index.js';
import { CHANNEL_NAMES, type ChannelName } from '../../src/protocol/index.js';
import { FAKE_RUNTIME, FAKE_TOKEN, FakeClientRelay } from '../kit/fake-client-relay.js';
import { corpusOf } from './corpus.js';
import { type Delivered, deliver, Writer } from './messages.js';
import { mutate, type Mutation, mutations } from './mutation.js';
import { answerOddly, type OddAnswer, oddAnswers } from './odd-answers.js';
import { type Message, messages } from './relay-cases.js';
import { ProcessWatch, promise, type Tally } from './watch.js';

/** A relay that lists, refuses and says what no relay should. */
export interface ClientCase {
  /** Of its list of environments. */
  readonly listed: readonly Mutation[];
  /** How upgrades and requests are answered first; undefined: as they should be. */
  readonly refusal: OddAnswer | undefined;
  readonly messages: readonly Message[];
}

export const clientCases: fc.Arbitrary<ClientCase> = fc.record({
  listed: mutations,
  refusal: fc.option(oddAnswers, { nil: undefined, freq: 3 }),
  messages: messages(15),
});

const FRAMES = corpusOf('relay');
const LISTS = corpusOf('environments');
/** What the client library says it throws. */
const ERRORS: ReadonlySet<string> = new Set([
  'CommandError',
  'DisconnectedError',
  'EnvironmentNotFoundError',
  'RelayRefusedError',
  'RelayUnreachableError',
  'TokenRefusedError',
  'TurnOutcomeUnknownError',
]);
const LIMITS = { backoffFirstMs: 1, backoffMaxMs: 5, terminalTailMs: 1 };
/** Where the relay answers oddly: it may never do so at all. */
const REFUSED = { ...LIMITS, openTimeoutMs: 300, requestTimeoutMs: 300 };

/** The client library towards a hostile relay. */
export class ClientTarget {
  private readonly watch = new ProcessWatch();
  private readonly attachments: Attachment[] = [];

  private constructor(
    private readonly tally: Tally,
    private readonly relay: FakeClientRelay,
  ) {}

  static async start(tally: Tally): Promise<ClientTarget> {
    const relay = await FakeClientRelay.start();
    // What is asked there is answered by the fuzzer, or never.
    for (const type of ['read_file', 'input', 'sync', 'terminal_spawn']) relay.scripts[type] = () => {};
    return new ClientTarget(tally, relay);
  }

  /** @throws Finding */
  async run(attempt: ClientCase): Promise<void> {
    try {
      await this.watch.during(async () => {
        if (attempt.refusal) await this.isRefused(attempt.refusal);
        await this.lists(attempt.listed);
        await this.attacks(attempt.messages);
        await this.works();
      });
    } finally {
      this.relay.answerAll = this.relay.listed = undefined;
      for (const attachment of this.attachments.splice(0)) attachment.close();
      this.relay.cut();
      this.relay.sockets.length = this.relay.commands.length = 0;
    }
  }

  async close(): Promise<void> {
    await this.relay.stop();
  }

  private client(limits: Partial<ClientLimits> = LIMITS): TwinlaneClient {
    return new TwinlaneClient({ server: this.relay.url, token: FAKE_TOKEN, WebSocket, limits });
  }

  private async attach(client = this.client()): Promise<Attachment> {
    const attachment = await client.attach('env-1', { runtime: FAKE_RUNTIME });
    this.attachments.push(attachment);
    return attachment;
  }

  private async isRefused(odd: OddAnswer): Promise<void> {
    this.tally.add(`client library: answered oddly, ${odd.how}`);
    const streams: Duplex[] = [];
    this.relay.answerAll = (stream) => {
      streams.push(stream);
      answerOddly(stream, odd);
    };
    const client = this.client(REFUSED);
    await this.ends('an attachment', this.attach(client));
    await this.ends('a list', client.environments());
    for (const stream of streams) stream.destroy();
    this.relay.answerAll = undefined;
  }

  private async lists(listed: readonly Mutation[]): Promise<void> {
    this.relay.listed = mutate(LISTS[0] ?? '{}', listed, LISTS);
    await this.ends('a list', this.client().environments());
  }

  private async attacks(list: readonly Message[]): Promise<void> {
    const { relay } = this;
    const attachment = await this.attach();
    const outcomes = Promise.all([
      this.ends('a command', attachment.command('read_file', { path: 'README.md' })),
      this.ends('a turn', turn(attachment)),
      this.ends('a terminal', attachment.openTerminal({ cols: 80, rows: 24 })),
      this.ends('events', drain(attachment.events())),
      this.ends('frames', drain(attachment.frames())),
    ]);
    // Told below, where nothing worse comes before.
    outcomes.catch(() => {});
    await relay.seen(() => ['read_file', 'input', 'terminal_spawn'].every((type) => relay.commandsOf(type).length > 0));
    const [spawn] = relay.commandsOf('terminal_spawn');
    const requests = ['read_file', 'input'].flatMap((type) =>
      relay.commandsOf(type).map((command) => String(command['request_id'])),
    );
    const writer = new Writer(FRAMES, { requests, epoch: 'epoch-1', others: { 'terminal-1': spawn?.['terminal_id'] } });
    for (const message of list) {
      const ws = await this.socket(message.second ? 'control' : 'stream');
      const { next } = deliver(ws, writer.text(message), message, true);
      this.tally.add('client library: frames of a relay');
      if (next !== 'more') await isOver(ws, next);
    }
    for (const channel of CHANNEL_NAMES) await wasReached(await this.socket(channel));
    attachment.close();
    await outcomes;
  }

  /** The newest of a channel; whatever breaks a pair, the library opens another. */
  private async socket(channel: ChannelName): Promise<WebSocket> {
    const newest = (): WebSocket | undefined => this.relay.open(channel).at(-1)?.ws;
    await this.relay.seen(() => newest() !== undefined);
    return newest() ?? this.socket(channel);
  }

  /** Another attachment of the same process does what it should. */
  private async works(): Promise<void> {
    const attachment = await this.attach();
    const { success } = await attachment.command('app_server_info', {});
    promise(success === true, () => 'A command has no answer any more.');
    attachment.close();
  }

  /** It ends, and if with an error, with one that the library promises. */
  private async ends(what: string, work: Promise<unknown>): Promise<void> {
    const error: unknown = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const name = error instanceof Error ? error.name : 'ended';
    this.tally.add(`client library: ${what}: ${name}`);
    promise(
      error === undefined || ERRORS.has(name),
      () => `${what} failed with ${error instanceof Error ? error.stack : String(error)}`,
    );
  }
}

async function turn(attachment: Attachment): Promise<void> {
  await drain(await attachment.turn('hello'));
}

async function drain(all: AsyncIterable<unknown>): Promise<void> {
  for await (const _each of all);
}

/** Resolves when the library has read it, or has closed for it, or nothing can follow it. */
async function isOver(ws: WebSocket, next: Delivered['next']): Promise<void> {
  if (next === 'end') return wasClosed(ws);
  await wasReached(ws);
  if (next !== 'nothing') return;
  ws.terminate();
  await wasClosed(ws);
}

/** A ping is answered behind what came before it. */
async function wasReached(ws: WebSocket): Promise<void> {
  if (ws.readyState !== WebSocket.OPEN) return wasClosed(ws);
  const pong = new Promise<void>((resolve) => ws.once('pong', () => resolve()));
  ws.ping();
  await Promise.race([wasClosed(ws), pong]);
}

async function wasClosed(ws: WebSocket): Promise<void> {
  if (ws.readyState !== WebSocket.CLOSED) await new Promise<void>((resolve) => ws.once('close', () => resolve()));
}

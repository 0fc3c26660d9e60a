import { randomUUID } from 'node:crypto';
import {
  runtimeKey,
  type ChannelName,
  type Frame,
  type RegistrationResponse,
  type Runtime,
} from '../../src/protocol/index.js';
import { RawSocket } from './raw-socket.js';

interface Entry {
  readonly epoch: string;
  readonly seq: number;
  /** Its text is made when it is sent: large ones may share their content. */
  readonly event: Frame;
}

/** One runtime of the device. */
interface Journal {
  readonly runtime: Runtime;
  /** Everything ever appended, oldest first. */
  readonly entries: Entry[];
  /** Entries that retention has dropped. */
  dropped: number;
  /** Entries that the relay is responsible for, and those that are sent. */
  safe: number;
  sent: number;
  /** Counts rewinds: what was in flight before the newest one says nothing any more. */
  age: number;
}

/** One socket of the pair that is open. */
interface Channel {
  readonly socket: RawSocket;
  sent: number;
  received: number;
  /** What is in flight: told how far it is safe. */
  readonly inFlight: { readonly seq: number; readonly safe: () => void }[];
}

const UNNUMBERED = new Set(['ping', 'pong', 'ack', 'listener_ready']);

/**
 * The device's side of resumable channels (protocol section 5), written down a second time and as simply as can be, so that the
 * relay is not tested with the code it shares with the listener. Its journals are arrays; they outlive its links and processes.
 */
export class ResumableDevice {
  epoch = 'epoch-1';
  processInstanceId = 'process-1';
  /** Commands, each once, in order of arrival. */
  readonly commands: Frame[] = [];
  /** Commands that came once more. */
  readonly repeated: Frame[] = [];
  readonly rewinds: Frame[] = [];
  /** What answers a command; undefined: nothing yet. */
  answer: (command: Frame) => Frame | undefined = () => undefined;
  /** Whether it says that it is responsible for what it has read. */
  saysSafe = true;
  private readonly journals = new Map<string, Journal>();
  private readonly answers = new Map<unknown, Frame | undefined>();
  private channels: Partial<Record<ChannelName, Channel>> = {};
  private attempts = 0;
  private registered: RegistrationResponse | undefined;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly token: string) {}

  get connectionId(): string {
    if (!this.registered) throw new Error('register first');
    return this.registered.connectionId;
  }

  /** Registers at a relay, and connects. @param server `http://…` */
  async connectTo(server: string): Promise<void> {
    await this.register(server);
    await this.reconnect();
  }

  async register(server: string): Promise<void> {
    this.cut();
    const response = await fetch(`${server}/v1/environments/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        deviceId: 'resumable-1',
        connectionName: 'resumable',
        metadata: {
          environmentMessageProtocol: 'v2-input',
          supportsPairedListenerGenerations: true,
          supportsResumableChannels: true,
          supportsChunkedFrames: true,
          eventSeqScope: 'runtime',
          processInstanceId: this.processInstanceId,
        },
      }),
    });
    this.registered = (await response.json()) as RegistrationResponse;
    if (this.registered['supportsResumableChannels'] !== true) throw new Error(JSON.stringify(this.registered));
  }

  /** Opens a new pair, says what it has, and goes on from its safe positions. */
  async reconnect(): Promise<void> {
    this.cut();
    const [generation, attempt] = [randomUUID(), ++this.attempts];
    for (const channel of ['control', 'stream'] as const) {
      const query = `&channel=${channel}&connectionGeneration=${generation}&connectionAttempt=${attempt}`;
      const socket = await RawSocket.open(`${this.registered?.wsUrl}${query}`, { token: this.token });
      await socket.seen('listener_ready');
      const open: Channel = { socket, sent: 0, received: 0, inFlight: [] };
      this.channels = { ...this.channels, [channel]: open };
      for (const frame of socket.frames) this.read(channel, open, frame);
      socket.ws.on('message', (data: Buffer) => {
        if (this.channels[channel] === open) this.read(channel, open, JSON.parse(data.toString('utf8')) as Frame);
      });
    }
    const journals = [...this.journals.values()];
    this.send('stream', { type: 'journals', heads: journals.flatMap(headsOf), last: true });
    for (const journal of journals) {
      journal.sent = journal.safe;
      this.flush(journal);
    }
  }

  /** Drops both sockets without a word. */
  cut(): void {
    const { channels } = this;
    this.channels = {};
    for (const { socket } of Object.values(channels)) socket.ws.terminate();
  }

  /** The process dies, and with it what only it knew; journals are on disk. */
  restart(): void {
    this.cut();
    const count = Number(this.epoch.slice('epoch-'.length)) + 1;
    [this.epoch, this.processInstanceId] = [`epoch-${count}`, `process-${count}`];
    this.answers.clear();
    this.attempts = 0;
  }

  /** Appends an event and sends it, where it is connected. @returns its name */
  emit(runtime: Runtime, event: Frame): string {
    const journal = this.journalOf(runtime);
    const seq = (journal.entries.at(-1)?.seq ?? 0) + 1;
    const { epoch } = this;
    journal.entries.push({ epoch, seq, event });
    if (this.channels.stream) this.flush(journal);
    return `${epoch}:${seq}`;
  }

  /** Retention drops a runtime's oldest events, so many. */
  drop(runtime: Runtime, events: number): void {
    const journal = this.journalOf(runtime);
    journal.dropped = Math.max(journal.dropped, events);
  }

  /** Sends a frame that is no event, with the next number of its socket. */
  send(channel: ChannelName, frame: object, safe: () => void = () => {}): void {
    const open = this.channels[channel];
    if (!open) throw new Error('connect first');
    open.inFlight.push({ seq: ++open.sent, safe });
    open.socket.send({ seq: open.sent, ...frame });
  }

  /** Resolves when the relay is responsible for every event of a runtime. */
  async isSafe(runtime: Runtime): Promise<void> {
    const journal = this.journalOf(runtime);
    await this.until(() => journal.safe === journal.entries.length);
  }

  /** Resolves when that many commands have come. */
  async hasCommands(count: number): Promise<void> {
    await this.until(() => this.commands.length >= count);
  }

  /** Resolves once this holds; looked at whenever something arrives. */
  async until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.waiting.delete(look);
        resolve();
      };
      this.waiting.add(look);
      look();
    });
  }

  /** The sockets that are open. */
  socket(channel: ChannelName): RawSocket {
    const open = this.channels[channel];
    if (!open) throw new Error('connect first');
    return open.socket;
  }

  private journalOf(runtime: Runtime): Journal {
    const key = runtimeKey(runtime);
    const journal = this.journals.get(key) ?? { runtime, entries: [], dropped: 0, safe: 0, sent: 0, age: 0 };
    this.journals.set(key, journal);
    return journal;
  }

  private flush(journal: Journal): void {
    const { entries, dropped, runtime } = journal;
    while (journal.sent < dropped) {
      const first = entries[journal.sent];
      const last = entries.slice(0, dropped).findLast(({ epoch }) => epoch === first?.epoch);
      const through = entries.indexOf(last as Entry) + 1;
      const gap = { event_epoch: first?.epoch, from: first?.seq, to: last?.seq };
      this.sendFrom(journal, through, { type: 'journal_gap', runtime, ...gap });
    }
    for (let entry = entries[journal.sent]; entry; entry = entries[journal.sent])
      this.sendFrom(journal, journal.sent + 1, sealed(runtime, entry));
  }

  private sendFrom(journal: Journal, through: number, frame: object): void {
    journal.sent = through;
    const { age } = journal;
    this.send('stream', frame, () => {
      if (age === journal.age) journal.safe = Math.max(journal.safe, through);
    });
  }

  private read(channel: ChannelName, open: Channel, frame: Frame): void {
    if (frame.type === 'ack') this.acknowledged(open, frame);
    if (UNNUMBERED.has(frame.type)) return;
    if (frame['seq'] !== ++open.received) throw new Error(`seq ${String(frame['seq'])} on ${channel}`);
    open.socket.send({ type: 'ack', seq: open.received, safe: this.saysSafe ? open.received : 0 });
    if (frame.type === 'rewind') this.rewind(frame);
    else if (channel === 'control') this.command(frame);
    for (const look of this.waiting) look();
  }

  private acknowledged({ inFlight }: Channel, { safe }: Frame): void {
    while (inFlight[0] && inFlight[0].seq <= Number(safe)) inFlight.shift()?.safe();
    for (const look of this.waiting) look();
  }

  private rewind(frame: Frame): void {
    this.rewinds.push(frame);
    const journal = this.journalOf(frame['runtime'] as Runtime);
    const { event_epoch: epoch, event_seq: seq } = frame;
    const first = journal.entries.findIndex((entry) => entry.epoch === epoch);
    const at = journal.entries.findLastIndex((entry) => entry.epoch === epoch && entry.seq <= Number(seq));
    journal.sent = at < 0 ? first : at + 1;
    journal.age++;
    journal.safe = Math.min(journal.safe, journal.sent);
    this.flush(journal);
  }

  private command(frame: Frame): void {
    const id = frame['request_id'];
    if (this.answers.has(id)) this.repeated.push(frame);
    else this.commands.push(frame);
    const answer = this.answers.get(id) ?? this.answer(frame);
    this.answers.set(id, answer);
    if (answer) this.send('control', { ...answer, request_id: id });
  }
}

function sealed(runtime: Runtime, { epoch, seq, event }: Entry): Frame {
  const name = { event_epoch: epoch, event_seq: seq, emitted_at: new Date(seq).toISOString() };
  return { ...event, runtime, ...name, idempotency_key: `${event.type}:${seq}:${epoch}:000000` };
}

/** What is kept of a runtime, oldest epoch first. */
function headsOf({ runtime, entries, dropped }: Journal): object[] {
  const epochs = [...new Set(entries.map(({ epoch }) => epoch))];
  return epochs.map((event_epoch) => {
    const all = entries.filter(({ epoch }) => epoch === event_epoch);
    const kept = entries.slice(dropped).filter(({ epoch }) => epoch === event_epoch);
    const head = all.at(-1)?.seq ?? 0;
    return { runtime, event_epoch, first: kept[0]?.seq ?? head + 1, head };
  });
}

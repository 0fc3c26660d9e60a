import { randomUUID } from 'node:crypto';
import type { ChannelName, Frame, RegistrationResponse, Runtime } from '../../src/protocol/index.js';
import { RawSocket } from '../kit/raw-socket.js';
import { IDLE_STATE } from './fixtures/stock-events.js';

/** What a stock 0.32 listener says of itself. */
const METADATA = {
  os: 'linux',
  nodeVersion: 'v20.20.2',
  lettaCodeVersion: '0.32.18',
  environmentMessageProtocol: 'v2-input',
  supportsPairedListenerGenerations: true,
};

/**
 * A listener that does on the wire what a stock 0.32 one does, when a test says so: paired generations, and one number
 * over both sockets and all runtimes.
 */
export class ScriptedListener {
  private sockets: Readonly<Record<ChannelName, RawSocket>> | undefined;
  private attempts = 0;
  private numbers = 0;
  private registered: RegistrationResponse | undefined;

  /** @param server `http://…` of the relay */
  constructor(
    private readonly server: string,
    private readonly token: string,
    readonly runtime: Runtime,
  ) {}

  get connectionId(): string {
    return this.registration.connectionId;
  }

  async register(): Promise<RegistrationResponse> {
    const response = await fetch(`${this.server}/v1/environments/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ deviceId: 'scripted-1', connectionName: 'scripted', metadata: METADATA }),
    });
    this.registered = (await response.json()) as RegistrationResponse;
    return this.registered;
  }

  /** Control first; stream after control's `listener_ready`. @returns both greetings */
  async connect(): Promise<Record<ChannelName, Frame>> {
    const [generation, attempt] = [randomUUID(), ++this.attempts];
    const open = (channel: ChannelName): Promise<RawSocket> => {
      const query = `&channel=${channel}&connectionGeneration=${generation}&connectionAttempt=${attempt}`;
      const url = `${this.registration.wsUrl}&deviceId=scripted-1&connectionName=scripted${query}`;
      return RawSocket.open(url, { token: this.token });
    };
    const control = await open('control');
    const greetings = { control: await control.seen('listener_ready'), stream: { type: '' } };
    const stream = await open('stream');
    greetings.stream = await stream.seen('listener_ready');
    this.sockets = { control, stream };
    return greetings;
  }

  /** Sends a frame as it is. */
  send(channel: ChannelName, frame: Frame): void {
    this.socket(channel).send(frame);
  }

  /** Gives an event its runtime and the next number, without sending it. */
  number(event: Frame): Frame {
    const event_seq = ++this.numbers;
    const idempotency_key = `${event.type}:${event_seq}:${randomUUID()}`;
    return { ...event, runtime: this.runtime, event_seq, emitted_at: new Date().toISOString(), idempotency_key };
  }

  /** Numbers events and sends them, in this order. */
  emit(channel: ChannelName, ...events: readonly Frame[]): void {
    for (const event of events) this.send(channel, this.number(event));
  }

  /** Resolves once the relay has read everything sent on this channel. */
  async read(channel: ChannelName): Promise<void> {
    const socket = this.socket(channel);
    const pongs = (): number => socket.frames.filter(({ type }) => type === 'pong').length;
    const wanted = pongs() + 1;
    socket.send({ type: 'ping' });
    await socket.seenWhere(() => pongs() >= wanted);
  }

  /** The command of this type that fits; it comes on control. */
  async command(type: string, fits: (frame: Frame) => boolean = () => true): Promise<Frame> {
    return this.socket('control').seenWhere((frame) => frame.type === type && fits(frame));
  }

  /** Answers a command, on control. */
  answer(command: Frame, type: string, fields: object): void {
    this.send('control', { type, request_id: command['request_id'], runtime: command['runtime'], ...fields });
  }

  /** Accepts the input that holds this text. */
  async accept(text: string): Promise<void> {
    const input = await this.command('input', (frame) => JSON.stringify(frame['payload']).includes(text));
    this.answer(input, 'input_accepted', { accepted: true, disposition: 'started' });
  }

  /** Answers a `sync` as a stock listener does: state on stream, the answer on control. */
  answerSync(sync: Frame, state: readonly Frame[] = IDLE_STATE): void {
    this.emit('stream', ...state);
    this.answer(sync, 'sync_response', { success: true });
  }

  /** Drops both sockets without a word. */
  cut(): void {
    for (const socket of Object.values(this.sockets ?? {})) socket.ws.terminate();
  }

  private get registration(): RegistrationResponse {
    if (!this.registered) throw new Error('register first');
    return this.registered;
  }

  private socket(channel: ChannelName): RawSocket {
    if (!this.sockets) throw new Error('connect first');
    return this.sockets[channel];
  }
}

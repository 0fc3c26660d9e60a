import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { ChannelName, Frame, Runtime } from '../../src/protocol/index.js';

export interface StockClientOptions {
  /** `http://…` of the relay. */
  readonly server: string;
  readonly token: string;
  /** `connectionId` of the environment. */
  readonly connectionId: string;
  readonly runtime: Runtime;
  /** What ends a turn; listeners of stock 0.25 know no `turn_finished`, only a stop reason and an idle loop. */
  readonly endsTurns?: 'turn_finished' | 'stop_reason';
}

const IDLE = 'WAITING_ON_INPUT';

/**
 * The minimal client that the protocol's documentation describes: two sockets, commands on control, every `seq`
 * acknowledged on its socket, events told apart by `idempotency_key`, `sync` when `event_seq` jumps. It knows neither
 * `client=` nor epochs, and takes events from either socket.
 */
export class StockClient {
  /** Every event once, in order of arrival. */
  readonly events: Frame[] = [];
  /** Whatever else came. */
  readonly rest: Frame[] = [];
  /** Jumps of `event_seq`, as `from>to`: each costs a `sync`. */
  readonly jumps: string[] = [];
  /** Events whose number was behind one that had been seen. */
  readonly overtaken: Frame[] = [];
  /** How this client answers what asks for approval; undefined: not at all. */
  approves: 'allow' | 'deny' | undefined;
  private readonly keys = new Set<string>();
  private last: number | undefined;
  private watchers: (() => void)[] = [];

  private constructor(
    private readonly sockets: Readonly<Record<ChannelName, WebSocket>>,
    readonly runtime: Runtime,
    private readonly endsTurns: 'turn_finished' | 'stop_reason',
  ) {
    for (const channel of ['control', 'stream'] as const)
      sockets[channel].on('message', (data: Buffer) =>
        this.read(sockets[channel], JSON.parse(data.toString('utf8')) as Frame),
      );
  }

  static async open(options: StockClientOptions): Promise<StockClient> {
    const { server, token, connectionId, runtime, endsTurns = 'turn_finished' } = options;
    const dial = (channel: ChannelName): WebSocket => {
      const query = new URLSearchParams({ conversationId: runtime.conversation_id, channel });
      if (runtime.agent_id !== null) query.set('agentId', runtime.agent_id);
      const url = `${server.replace('http', 'ws')}/v1/environments/${connectionId}/status/ws?${query.toString()}`;
      return new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    };
    const sockets = { control: dial('control'), stream: dial('stream') };
    const client = new StockClient(sockets, runtime, endsTurns);
    await Promise.all(Object.values(sockets).map((socket) => once(socket, 'open')));
    return client;
  }

  send(frame: object): void {
    this.sockets.control.send(JSON.stringify(frame));
  }

  /** Sends a command and waits for the answer with its id. */
  async ask(type: string, fields: object): Promise<Frame> {
    const request_id = randomUUID();
    this.send({ ...fields, type, request_id });
    return this.until(() => this.rest.find((frame) => frame['request_id'] === request_id));
  }

  /** Asks for the runtime's state, as it does by itself when a number is missing. */
  sync(): Promise<Frame> {
    return this.ask('sync', { runtime: this.runtime, recover_approvals: true, force_device_status: true });
  }

  /** Hands in a text and follows its turn: everything up to the frame that ends it. */
  async turn(text: string): Promise<readonly Frame[]> {
    const from = this.events.length;
    const messages = [{ role: 'user', content: text, client_message_id: randomUUID() }];
    const answer = await this.ask('input', { runtime: this.runtime, payload: { kind: 'create_message', messages } });
    if (answer['accepted'] !== true) throw new Error(JSON.stringify(answer));
    const end = await this.until(() => this.endOfTurn(from));
    return this.events.slice(from, end);
  }

  /** Waits until this finds something in what has come; looks whenever something comes. */
  async until<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  close(): void {
    for (const socket of Object.values(this.sockets)) socket.terminate();
  }

  private read(socket: WebSocket, frame: Frame): void {
    if (typeof frame['seq'] === 'number') socket.send(JSON.stringify({ type: 'ack', seq: frame['seq'] }));
    const key = frame['idempotency_key'];
    if (typeof key !== 'string') this.rest.push(frame);
    else if (!this.keys.has(key)) this.take(key, frame);
    for (const wake of this.watchers.splice(0)) wake();
  }

  private take(key: string, frame: Frame): void {
    this.keys.add(key);
    const number = frame['event_seq'];
    if (typeof number === 'number') this.count(number, frame);
    this.events.push(frame);
    if (frame.type === 'control_request' && this.approves) this.answer(frame, this.approves);
  }

  private count(number: number, frame: Frame): void {
    const { last } = this;
    this.last = Math.max(number, last ?? number);
    if (last === undefined || number === last + 1) return;
    if (number <= last) return void this.overtaken.push(frame);
    this.jumps.push(`${last}>${number}`);
    this.send({ type: 'sync', request_id: randomUUID(), runtime: this.runtime, recover_approvals: true });
  }

  /** Index after the frame that ends the turn which began at `from`. */
  private endOfTurn(from: number): number | undefined {
    let hasStopped = false;
    for (const [index, frame] of this.events.entries()) {
      if (index < from) continue;
      hasStopped ||= stopReasonOf(frame) !== undefined;
      const isIdle = hasStopped && loopStatusOf(frame) === IDLE;
      if (this.endsTurns === 'turn_finished' ? frame.type === 'turn_finished' : isIdle) return index + 1;
    }
    return undefined;
  }

  private answer(request: Frame, behavior: 'allow' | 'deny'): void {
    const payload = { kind: 'approval_response', request_id: request['request_id'], decision: { behavior } };
    this.send({ type: 'input', request_id: randomUUID(), runtime: this.runtime, payload });
  }
}

function stopReasonOf(frame: Frame): string | undefined {
  const delta = frame['delta'] as Record<string, unknown> | undefined;
  const reason = delta?.['message_type'] === 'stop_reason' ? delta['stop_reason'] : undefined;
  return typeof reason === 'string' && reason !== 'requires_approval' ? reason : undefined;
}

function loopStatusOf(frame: Frame): unknown {
  return frame.type === 'update_loop_status' ? (frame['loop_status'] as Record<string, unknown>)['status'] : undefined;
}

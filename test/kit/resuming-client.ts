import type { Frame, Runtime } from '../../src/protocol/index.js';
import { RawSocket } from './raw-socket.js';

export interface ResumingClientOptions {
  readonly token: string;
  /** `ws://…/v1/environments/{connectionId}` */
  readonly url: string;
  readonly runtime: Runtime;
  /** `epoch:number` of the last event it has. */
  readonly resumeFrom?: string;
  /** `client=`. Default: one of this test. */
  readonly client?: string;
}

/** A client's only socket, which acknowledges what it reads. */
export class ResumingClient {
  private constructor(readonly socket: RawSocket) {}

  static async open({
    token,
    url,
    runtime,
    resumeFrom,
    client = 'c-1',
  }: ResumingClientOptions): Promise<ResumingClient> {
    const [epoch = '', seq = ''] = resumeFrom?.split(':') ?? [];
    const query = new URLSearchParams({
      agentId: runtime.agent_id ?? '',
      conversationId: runtime.conversation_id,
      client,
      ...(resumeFrom === undefined ? {} : { resumeFrom: seq }),
      ...(epoch === '' ? {} : { epoch }),
    });
    const socket = await RawSocket.open(`${url}/status/ws?${query.toString()}`, { token });
    const acknowledge = ({ seq }: Frame): void => {
      if (seq !== undefined) socket.send({ type: 'ack', seq });
    };
    for (const frame of socket.frames) acknowledge(frame);
    socket.ws.on('message', (data: Buffer) => acknowledge(JSON.parse(data.toString('utf8')) as Frame));
    return new ResumingClient(socket);
  }

  /** What it was told when it opened. */
  async verdict(): Promise<Frame> {
    return this.socket.seen('resume_status');
  }

  /** `epoch:number` of every event, and `gap epoch:from-to`, in order of arrival; what is shown again is none. */
  get names(): string[] {
    return this.socket.frames.flatMap((frame) => {
      const { event_epoch: epoch, event_seq: seq, from, to } = frame;
      if (frame.type === 'resume_gap') return [`gap ${String(epoch)}:${String(from)}-${String(to)}`];
      return typeof seq === 'number' ? [`${String(epoch)}:${seq}`] : [];
    });
  }

  /** Resolves when this event has come. */
  async has(name: string): Promise<void> {
    await this.socket.seenWhere(
      (frame) => 'event_seq' in frame && `${String(frame['event_epoch'])}:${String(frame['event_seq'])}` === name,
    );
  }
}

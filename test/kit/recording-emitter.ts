import type { ProtocolEmitterService } from '../../src/emitter/index.js';
import {
  DEFAULT_MAX_FRAME_BYTES,
  type Delta,
  type EventName,
  type EventPayload,
  type EventType,
  type Frame,
  isAnswerType,
  isSnapshotType,
  type Runtime,
  runtimeKey,
} from '../../src/protocol/index.js';

/** What was emitted or sent, in order; events have a runtime, frames have none. */
export interface Recorded extends Frame {
  readonly runtime?: Runtime;
}

/** An emitter that keeps what it is given, and whose journal is full whenever a test says so. */
export class RecordingEmitter implements Pick<
  ProtocolEmitterService,
  'emit' | 'ready' | 'committed' | 'send' | 'takesChunks' | 'maxAnswerBytes' | 'maxFrameBytes'
> {
  takesChunks = false;
  maxAnswerBytes = DEFAULT_MAX_FRAME_BYTES;
  maxFrameBytes = DEFAULT_MAX_FRAME_BYTES;
  readonly recorded: Recorded[] = [];
  private readonly sequences = new Map<string, number>();
  private watchers: (() => void)[] = [];
  private full = false;
  private waitingForRoom: (() => void)[] = [];

  /** What constructors ask for. */
  get service(): ProtocolEmitterService {
    return this as unknown as ProtocolEmitterService;
  }

  emit<T extends EventType>(type: T, payload: EventPayload<T>, scope: Runtime): EventName | undefined {
    this.record({ ...payload, type, runtime: scope });
    if (isSnapshotType(type)) return undefined;
    const seq = (this.sequences.get(runtimeKey(scope)) ?? 0) + 1;
    this.sequences.set(runtimeKey(scope), seq);
    return { runtime: scope, epoch: 'test', seq };
  }

  ready(_scope: Runtime): Promise<void> {
    return this.full ? new Promise((resolve) => this.waitingForRoom.push(resolve)) : Promise.resolve();
  }

  async committed(_name: EventName): Promise<void> {}

  send(frame: Frame): void {
    this.record(frame);
  }

  /** The journal has no room from now on. */
  fill(): void {
    this.full = true;
  }

  /** How many producers wait for room. */
  get waiting(): number {
    return this.waitingForRoom.length;
  }

  makeRoom(): void {
    this.full = false;
    for (const resolve of this.waitingForRoom.splice(0)) resolve();
  }

  ofType(type: string): Recorded[] {
    return this.recorded.filter((frame) => frame.type === type);
  }

  /** The deltas of a runtime, or of all. */
  deltas(runtime?: Runtime): Delta[] {
    return this.ofType('stream_delta')
      .filter((frame) => !runtime || (frame.runtime && runtimeKey(frame.runtime) === runtimeKey(runtime)))
      .map((frame) => frame['delta'] as Delta);
  }

  /** What the shell printed, of one stream or of both. */
  output(stream?: 'stdout' | 'stderr'): string {
    return this.deltas()
      .filter((delta) => delta['status'] === 'running' && (stream === undefined || delta['stream'] === stream))
      .map((delta) => String(delta['tool_return']))
      .join('');
  }

  /** The first frame that fits, now or as soon as there is one. */
  async until(fits: (frame: Recorded) => boolean): Promise<Recorded> {
    for (;;) {
      const found = this.recorded.find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => this.watchers.push(resolve));
    }
  }

  untilType(type: string): Promise<Recorded> {
    return this.until((frame) => frame.type === type);
  }

  untilAnswer(requestId: string): Promise<Recorded> {
    return this.until((frame) => frame['request_id'] === requestId && isAnswerType(frame.type));
  }

  /** Every answer to a command. */
  answers(requestId: string): Recorded[] {
    return this.recorded.filter((frame) => frame['request_id'] === requestId && isAnswerType(frame.type));
  }

  private record(frame: Recorded): void {
    this.recorded.push(JSON.parse(JSON.stringify(frame)) as Recorded);
    for (const resolve of this.watchers.splice(0)) resolve();
  }
}

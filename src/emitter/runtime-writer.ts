import type { Journal } from '../journal/index.js';
import { type Clock, type EventName, EventSealer, type Runtime, runtimeKey, type Timer } from '../protocol/index.js';
import { createHash } from 'node:crypto';
import { encodeToFit } from './encode-to-fit.js';
import { ProducerLead } from './producer-lead.js';

/** Hex digits of SHA-256 over the runtime at the end of an idempotency key (protocol section 3). */
const RUNTIME_HASH_DIGITS = 6;

/** One runtime's end of the journal that is written to: gives events their names, and keeps the snapshots that wait. Numbers go on where an earlier process ended. */
export class RuntimeWriter {
  /** Of those who append here, ahead of whatever sends it. */
  readonly lead: ProducerLead;
  private readonly sealer: EventSealer;
  private readonly snapshots = new Map<string, object>();
  private flushTimer: Timer | undefined;
  private seq: number;

  /**
   * @param epoch names this process as the one that appended the event
   * @param maxFrameBytes what one event may have now
   * @param maxLead UTF-16 units of frames that wait for the socket of a link, at which producers pause
   * @param appended told of each entry; it may have to be committed yet
   */
  constructor(
    readonly runtime: Runtime,
    private readonly epoch: string,
    private readonly journal: Journal,
    private readonly clock: Clock,
    private readonly maxFrameBytes: () => number,
    maxLead: number,
    private readonly appended: () => void,
  ) {
    this.lead = new ProducerLead(maxLead);
    this.seq = journal.epochs(runtime).at(-1)?.last ?? 0;
    const hash = createHash('sha256').update(runtimeKey(runtime)).digest('hex').slice(0, RUNTIME_HASH_DIGITS);
    this.sealer = new EventSealer(runtime, epoch, hash);
  }

  /** Whether a snapshot waits outside the journal. */
  get waiting(): boolean {
    return this.snapshots.size > 0;
  }

  /** Appends an ordered event. State precedes the event it belongs to; only deltas may pass a snapshot that waits. */
  append(type: string, payload: object): EventName {
    this.snapshots.delete(type);
    if (type !== 'stream_delta') this.flush();
    return this.write(type, payload);
  }

  /** Keeps a snapshot outside the journal, in place of an older one of its type. */
  hold(type: string, payload: object): void {
    this.snapshots.set(type, payload);
  }

  /** Appends what waits, behind every earlier event, so that no snapshot overtakes a delta. */
  flush(): void {
    this.stopTimer();
    for (const [type, payload] of this.snapshots) this.write(type, payload);
    this.snapshots.clear();
  }

  /** Flushes after `ms` at the latest. */
  flushWithin(ms: number): void {
    this.flushTimer ??= this.clock.after(ms, () => this.flush());
  }

  stopTimer(): void {
    this.flushTimer?.cancel();
    this.flushTimer = undefined;
  }

  private write(type: string, payload: object): EventName {
    const { runtime, epoch, sealer } = this;
    const seq = ++this.seq;
    const now = this.clock.now();
    const seal = (fields: object): object => sealer.seal(type, fields, seq, now);
    const frame = encodeToFit(payload, this.maxFrameBytes(), seal, sealer.encode(type, payload, seq, now));
    this.journal.append(runtime, { epoch, seq, type, frame });
    this.lead.appended(frame.length);
    this.appended();
    return { runtime, epoch, seq };
  }
}

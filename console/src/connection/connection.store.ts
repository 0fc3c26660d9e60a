import { computed, effect, signal, type ReadonlySignal } from '@preact/signals';
import type { Attachment, AttachmentState, ConnectionSample } from 'twinlane/client';
import type { Clock } from 'twinlane/protocol';
import type { OpenAttachment } from '../app/index.js';
import { SampleRing, type Point } from './sample-ring.js';

/** Ten minutes of samples, as the client takes one every 2 s. */
const MOST_POINTS = 300;
/** The newest ones. */
const MOST_INCIDENTS = 40;

/** One attachment of the environment, as it is now. */
export interface Tie {
  readonly number: number;
  /** The conversation that it follows; undefined for the one of the page itself. */
  readonly conversation: string | undefined;
  readonly state: AttachmentState;
  readonly sample: ConnectionSample | undefined;
}

/** Something that happened to an attachment. */
export interface Incident {
  readonly number: number;
  /** Epoch ms. */
  readonly at: number;
  readonly conversation: string | undefined;
  readonly kind: 'broke' | 'back' | 'resumed' | 'gap' | 'closed';
  /** What the client says of it; empty where the kind says all. */
  readonly detail: string;
  /** How long it was away, in ms, of one that is back. */
  readonly awayMs?: number;
}

export interface ConnectionStoreParts {
  readonly clock: Clock;
  readonly open: ReadonlySignal<readonly OpenAttachment[]>;
  /** Nothing is measured while nobody looks. */
  readonly visible: ReadonlySignal<boolean>;
}

interface Followed {
  readonly leaving: AbortController;
  measuring: AbortController | undefined;
  brokeAt: number | undefined;
}

/** How the page is connected to one environment, over all attachments that its parts have opened. */
export class ConnectionStore {
  private readonly shown = signal<readonly Tie[]>([]);
  private readonly past = signal<readonly Incident[]>([]);
  private readonly ring = new SampleRing(MOST_POINTS);
  private readonly drawn = signal<readonly Point[]>([]);
  private readonly followed = new Map<Attachment, Followed>();
  private users = 0;
  private stop: (() => void) | undefined;
  private incidentNumber = 0;

  /** @param environment its id */
  constructor(
    private readonly parts: ConnectionStoreParts,
    readonly environment: string,
  ) {}

  /** The page's own attachment first. */
  get ties(): ReadonlySignal<readonly Tie[]> {
    return this.shown;
  }

  /** The newest first. */
  get incidents(): ReadonlySignal<readonly Incident[]> {
    return this.past;
  }

  /** The last minutes, the oldest first. */
  get points(): ReadonlySignal<readonly Point[]> {
    return this.drawn;
  }

  /** The newest sample of the attachment that was opened first. */
  readonly newest = computed(() => this.shown.value[0]?.sample);

  /** Follows what is open until what this returns is called; for each of several who look. */
  use(): () => void {
    this.users += 1;
    if (this.users === 1) this.stop = effect(() => this.follow(this.parts.open.value, this.parts.visible.value));
    return () => {
      this.users -= 1;
      if (this.users > 0) return;
      this.stop?.();
      this.follow([], false);
    };
  }

  private follow(open: readonly OpenAttachment[], visible: boolean): void {
    const own = open.filter(({ environment }) => environment === this.environment);
    for (const [attachment, one] of this.followed)
      if (!own.some((other) => other.attachment === attachment)) this.leave(attachment, one);
    for (const { number, attachment } of own) {
      const one = this.followed.get(attachment) ?? this.begin(number, attachment);
      if (visible && !one.measuring) {
        one.measuring = new AbortController();
        void this.measure(number, attachment, one.measuring.signal);
      } else if (!visible) {
        one.measuring?.abort();
        one.measuring = undefined;
      }
    }
  }

  private begin(number: number, attachment: Attachment): Followed {
    const one: Followed = { leaving: new AbortController(), measuring: undefined, brokeAt: undefined };
    this.followed.set(attachment, one);
    const tie = { number, conversation: undefined, state: attachment.state, sample: undefined };
    this.shown.value = [...this.shown.peek(), tie].toSorted((a, b) => a.number - b.number);
    void this.watch(number, attachment, one);
    return one;
  }

  private leave(attachment: Attachment, one: Followed): void {
    one.leaving.abort();
    one.measuring?.abort();
    this.followed.delete(attachment);
    const left = new Set([...this.followed.keys()]);
    const numbers = this.parts.open.peek().flatMap((other) => (left.has(other.attachment) ? [other.number] : []));
    this.shown.value = this.shown.peek().filter(({ number }) => numbers.includes(number));
  }

  private async watch(number: number, attachment: Attachment, one: Followed): Promise<void> {
    for await (const state of attachment.states({ signal: one.leaving.signal })) {
      this.note(attachment, one, state);
      this.change(number, { state, conversation: attachment.runtime?.conversation_id });
    }
  }

  private async measure(number: number, attachment: Attachment, until: AbortSignal): Promise<void> {
    for await (const sample of attachment.metrics({ signal: until })) {
      this.change(number, { sample, conversation: attachment.runtime?.conversation_id });
      if (this.shown.peek()[0]?.number === number) this.draw(sample);
    }
  }

  private draw({ at, state, roundTripMs }: ConnectionSample): void {
    const rates = this.shown.peek().flatMap(({ sample }) => (sample ? [sample.stream.bytesPerSecond] : []));
    this.ring.push({
      at,
      roundTripMs: roundTripMs ?? null,
      streamBytesPerSecond: state.phase === 'open' ? rates.reduce((sum, rate) => sum + rate, 0) : null,
    });
    this.drawn.value = [...this.ring.points];
  }

  private change(number: number, change: Partial<Tie>): void {
    this.shown.value = this.shown.peek().map((tie) => (tie.number === number ? { ...tie, ...change } : tie));
  }

  private note(attachment: Attachment, one: Followed, state: AttachmentState): void {
    const at = this.parts.clock.now();
    if (state.phase === 'reconnecting') {
      if (one.brokeAt === undefined) this.tell(attachment, { kind: 'broke', detail: state.reason });
      one.brokeAt ??= at;
    } else if (state.phase === 'closed') {
      if (state.error) this.tell(attachment, { kind: 'closed', detail: state.error.message });
    } else if (one.brokeAt !== undefined && state.resumed === undefined) {
      // The verdict of what it follows comes a moment later.
      this.tell(attachment, { kind: 'back', detail: '', awayMs: at - one.brokeAt });
      one.brokeAt = undefined;
    } else if (state.resumed !== undefined) {
      const back = one.brokeAt === undefined ? {} : { awayMs: at - one.brokeAt };
      one.brokeAt = undefined;
      const lost = state.gap;
      if (state.resumed) this.tell(attachment, { kind: 'resumed', detail: '', ...back });
      else
        this.tell(attachment, {
          kind: 'gap',
          detail: lost ? `events ${lost.from} to ${lost.to ?? 'the end'}` : '',
          ...back,
        });
    }
  }

  private tell(attachment: Attachment, what: Pick<Incident, 'kind' | 'detail' | 'awayMs'>): void {
    const conversation = attachment.runtime?.conversation_id;
    const incident = { ...what, number: ++this.incidentNumber, at: this.parts.clock.now(), conversation };
    this.past.value = [incident, ...this.past.peek()].slice(0, MOST_INCIDENTS);
  }
}

import { signal, type ReadonlySignal } from '@preact/signals';
import {
  EnvironmentNotFoundError,
  TokenRefusedError,
  type Attachment,
  type AttachmentState,
  type EnvironmentRecord,
  type ListenerPresence,
  type TwinlaneClient,
} from 'twinlane/client';
import type { Clock, Timer } from 'twinlane/protocol';
import { Holds } from './holds.js';
import { messageOf } from '../ui/index.js';

/** How the page is tied to an environment. */
export type TieState =
  /** The sockets are being opened, for the first time. */
  | { readonly phase: 'opening' }
  /** They could not be opened; it is tried again at `againAt`, epoch ms. */
  | { readonly phase: 'failed'; readonly reason: string; readonly againAt: number }
  | AttachmentState;

export interface AttachedEnvironmentParts {
  readonly client: Pick<TwinlaneClient, 'attach'>;
  readonly clock: Clock;
  /** Told of what an attachment failed with. @returns whether the session ended with it */
  readonly noticed: (error: unknown) => boolean;
}

/** Waits between tries, in ms: doubled from the first to the last. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/**
 * One attachment to one environment for as long as its page is open or something goes on over it, whatever tab is shown: what is offline is
 * attached to as well, for its history. An attachment that failed for good is replaced by a new one.
 */
export class AttachedEnvironment {
  private readonly tie = signal<TieState>({ phase: 'opening' });
  private readonly open = signal<Attachment | undefined>(undefined);
  private readonly listener = signal<ListenerPresence | undefined>(undefined);
  private timer: Timer | undefined;
  private failures = 0;
  private closed = false;
  private readonly holds: Holds;

  /**
   * @param id of the environment
   * @param ended told once it is closed
   */
  constructor(
    private readonly parts: AttachedEnvironmentParts,
    readonly id: string,
    private readonly ended: () => void = () => {},
  ) {
    this.holds = new Holds(parts.clock, () => this.close());
    void this.attach();
  }

  get state(): ReadonlySignal<TieState> {
    return this.tie;
  }

  /** Undefined until it was opened for the first time; another one after it had failed for good. */
  get attachment(): ReadonlySignal<Attachment | undefined> {
    return this.open;
  }

  /** What the attachment knows of the listener; undefined while there is none. */
  get presence(): ReadonlySignal<ListenerPresence | undefined> {
    return this.listener;
  }

  /** Does not wait any longer. */
  tryNow(): void {
    if (this.tie.peek().phase !== 'failed') return;
    this.timer?.cancel();
    void this.attach();
  }

  /** What goes on over it whether its page is shown or not, each in words. */
  get keeps(): ReadonlySignal<readonly string[]> {
    return this.holds.keeps;
  }

  /** A page shows it. @returns the page is left: it is closed, unless something is kept */
  show(): () => void {
    return this.holds.show();
  }

  /**
   * Something goes on over it that is not to end with the page.
   *
   * @param what in words, such as "2 terminals"
   * @returns it has ended
   */
  keep(what: string): () => void {
    return this.holds.keep(what);
  }

  /** Ends it, with all that goes on over it. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.timer?.cancel();
    this.open.peek()?.close();
    this.ended();
  }

  private async attach(): Promise<void> {
    this.tie.value = { phase: 'opening' };
    try {
      const attachment = await this.parts.client.attach(this.id);
      if (this.closed) return attachment.close();
      this.failures = 0;
      this.open.value = attachment;
      void this.followPresence(attachment);
      await this.followState(attachment);
    } catch (error) {
      this.failed(error);
    }
  }

  private async followState(attachment: Attachment): Promise<void> {
    for await (const state of attachment.states()) {
      if (this.closed) return;
      if (state.phase === 'closed') return this.failed(state.error ?? new Error('The connection was closed.'));
      this.tie.value = state;
    }
  }

  private async followPresence(attachment: Attachment): Promise<void> {
    for await (const presence of attachment.presences()) if (!this.closed) this.listener.value = presence;
  }

  private failed(error: unknown): void {
    if (this.closed) return;
    const isFinal = this.parts.noticed(error) || error instanceof TokenRefusedError;
    if (isFinal || error instanceof EnvironmentNotFoundError) {
      this.tie.value = { phase: 'closed', error: error instanceof Error ? error : new Error(String(error)) };
      return;
    }
    const wait = Math.min(FIRST_WAIT_MS * 2 ** this.failures, LONGEST_WAIT_MS);
    this.failures += 1;
    const reason = messageOf(error);
    this.tie.value = { phase: 'failed', reason, againAt: this.parts.clock.now() + wait };
    this.timer = this.parts.clock.after(wait, () => void this.attach());
  }
}

/** What `EnvironmentTabProps` hands to each tab. */
export interface ShownEnvironment {
  readonly id: string;
  /** As the relay has it right now; undefined until it has said so, and where it knows none. */
  readonly record: ReadonlySignal<EnvironmentRecord | undefined>;
}

import { computed, signal, type ReadonlySignal } from '@preact/signals';
import { EnvironmentNotFoundError, TokenRefusedError, type Attachment, type TwinlaneClient } from 'twinlane/client';
import {
  PERMISSION_MODES,
  type ApprovalDecision,
  type Clock,
  type InputMessage,
  type PermissionMode,
  type Runtime,
  type Timer,
} from 'twinlane/protocol';
import type { Scheduler } from '../transcript/item-list.js';
import { ReadingPace } from '../transcript/reading-pace.js';
import { Transcript } from '../transcript/transcript.store.js';
import { ConversationStatus } from './conversation-status.store.js';
import { Outbox } from './outbox.store.js';
import { messageOf } from '../../ui/index.js';

/** How the page follows a conversation. */
export type FollowState =
  | { readonly phase: 'opening' }
  | { readonly phase: 'following' }
  | { readonly phase: 'reconnecting' }
  | { readonly phase: 'failed'; readonly reason: string };

export interface ConversationParts {
  readonly client: Pick<TwinlaneClient, 'attach'>;
  readonly clock: Clock;
  readonly schedule: Scheduler;
  /** Told of what an attachment failed with. @returns whether the session ended with it */
  readonly noticed: (error: unknown) => boolean;
}

/** Events of the past that are shown at first; who wants more asks for all. */
export const HISTORY_EVENTS = 20_000;

/** Wait before an attachment that could not be opened is tried again, in ms. */
const AGAIN_MS = 3_000;

/** One conversation, as long as it is shown: its transcript, its state, and what can be done to it. */
export class Conversation {
  readonly status = new ConversationStatus();
  readonly outbox = new Outbox((messages) => this.give(messages));
  private readonly following = signal<FollowState>({ phase: 'opening' });
  private readonly shown = signal<Transcript | undefined>(undefined);
  private attachment: Attachment | undefined;
  private timer: Timer | undefined;
  private isClosed = false;

  /**
   * @param environment its id
   * @param runtime what is followed
   * @param history how much of its past: as many events, or all
   */
  constructor(
    private readonly parts: ConversationParts,
    private readonly environment: string,
    readonly runtime: Runtime,
    readonly history: number | 'all' = HISTORY_EVENTS,
  ) {}

  get state(): ReadonlySignal<FollowState> {
    return this.following;
  }

  /** Another one whenever all had to be read anew. */
  readonly transcript = computed(() => this.shown.value);

  /** @param attachment where there is one already, of a conversation that was just begun */
  open(attachment?: Attachment): void {
    void this.follow(attachment);
  }

  close(): void {
    this.isClosed = true;
    this.timer?.cancel();
    this.attachment?.close();
  }

  /** Answers a question; how that went shows on its card. */
  async answer(requestId: string, decision: ApprovalDecision): Promise<void> {
    const transcript = this.shown.peek();
    transcript?.answering(requestId, decision);
    try {
      await this.need().answerApproval(requestId, decision);
      transcript?.answered(requestId, decision);
    } catch (error) {
      transcript?.notAnswered(requestId, messageOf(error));
    }
  }

  /** Ends the turn under way. @returns whether there was one @throws CommandError, DisconnectedError */
  abort(): Promise<boolean> {
    return this.need().abort(this.runtime, this.status.run.peek());
  }

  /** @throws CommandError, DisconnectedError */
  async setMode(mode: string): Promise<void> {
    const known: PermissionMode | undefined = PERMISSION_MODES.find((one) => one === mode);
    if (known === undefined)
      throw new TypeError(`There is no mode "${mode}"; use one of: ${PERMISSION_MODES.join(', ')}.`);
    await this.need().command('change_device_state', { runtime: this.runtime, payload: { mode: known } });
  }

  /** @throws CommandError, DisconnectedError */
  async setAgentMode(mode: string): Promise<void> {
    await this.need().command('change_device_state', { runtime: this.runtime, payload: { agent_mode: mode } });
  }

  /** Takes an input out of the queue. @throws CommandError, DisconnectedError */
  async removeQueued(item: string): Promise<void> {
    await this.need().command('remove_queue_item', { runtime: this.runtime, item_id: item });
  }

  private give(messages: readonly InputMessage[]): Promise<unknown> {
    return this.need().send(messages);
  }

  private need(): Attachment {
    if (!this.attachment) throw new TypeError('Not connected to the relay yet; try again in a moment.');
    return this.attachment;
  }

  private async follow(begun?: Attachment): Promise<void> {
    const { parts, runtime, history } = this;
    try {
      const attachment = begun ?? (await parts.client.attach(this.environment, { runtime, history }));
      if (this.isClosed) return attachment.close();
      this.attachment = attachment;
      const pace = new ReadingPace(parts.clock, parts.schedule, () => attachment.head);
      const transcript = new Transcript(runtime, pace.schedule);
      this.shown.value = transcript;
      void this.followState(attachment);
      for await (const frame of attachment.events()) {
        pace.take(frame);
        transcript.take(frame);
        this.status.take(frame);
      }
    } catch (error) {
      this.failed(error);
    }
  }

  private async followState(attachment: Attachment): Promise<void> {
    for await (const { phase } of attachment.states()) {
      if (phase === 'open') this.following.value = { phase: 'following' };
      if (phase === 'reconnecting') this.following.value = { phase };
    }
  }

  private failed(error: unknown): void {
    if (this.isClosed) return;
    // It may be the reader that failed: what is not closed would go on beside the next one.
    this.attachment?.close();
    this.attachment = undefined;
    this.following.value = { phase: 'failed', reason: messageOf(error) };
    const isFinal = this.parts.noticed(error) || error instanceof TokenRefusedError;
    if (isFinal || error instanceof EnvironmentNotFoundError) return;
    this.timer = this.parts.clock.after(AGAIN_MS, () => void this.follow());
  }
}

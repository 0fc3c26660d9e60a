import { signal } from '@preact/signals';
import type { RuntimeEntry, TwinlaneClient } from 'twinlane/client';
import { readRuntime, runtimeKey, type Clock, type Runtime, type Timer } from 'twinlane/protocol';
import { Conversation, type ConversationParts } from './conversation.store.js';
import { messageOf } from '../../ui/index.js';

export interface ConversationsParts extends ConversationParts {
  readonly client: Pick<TwinlaneClient, 'attach' | 'runtimes'>;
  readonly clock: Clock;
  /** Whether somebody sees the page. */
  readonly isSeen: () => boolean;
}

/** The list is asked for this often, in ms. */
const EVERY_MS = 10_000;
/** Conversations that are listed at first, and that are added each time somebody wants more. */
export const LISTED_AT_ONCE = 100;
/** As many as a relay lists (protocol section 4), and by default keeps. */
const MOST_LISTED = 1_000;

/** The conversations of one environment, and the one of them that is shown. */
export class Conversations {
  /** The newest first; undefined until the relay has said so. */
  readonly entries = signal<readonly RuntimeEntry[] | undefined>(undefined);
  /** Whether there are older ones: `more`, which can be listed too, or `unlisted`, beyond what a relay lists. */
  readonly older = signal<'none' | 'more' | 'unlisted'>('none');
  /** Why the list is not up to date. */
  readonly problem = signal<string | undefined>(undefined);
  readonly shown = signal<Conversation | undefined>(undefined);
  private timer: Timer | undefined;
  private isClosed = false;
  private limit = LISTED_AT_ONCE;
  /** Which question an answer belongs to: one for fewer must not come after one for more. */
  private asked = 0;

  /** @param environment its id */
  constructor(
    private readonly parts: ConversationsParts,
    private readonly environment: string,
  ) {
    void this.keepUpToDate();
  }

  async refresh(): Promise<void> {
    const asked = ++this.asked;
    const { limit } = this;
    try {
      const { runtimes, hasMore } = await this.parts.client.runtimes(this.environment, { limit });
      if (asked !== this.asked) return;
      this.entries.value = runtimes;
      this.older.value = hasMore ? (limit < MOST_LISTED ? 'more' : 'unlisted') : 'none';
      this.problem.value = undefined;
    } catch (error) {
      if (asked !== this.asked) return;
      this.parts.noticed(error);
      this.problem.value = messageOf(error);
    }
  }

  /** Lists older ones, too. */
  listMore(): Promise<void> {
    this.limit = Math.min(this.limit + LISTED_AT_ONCE, MOST_LISTED);
    return this.refresh();
  }

  /** Shows a conversation, and no other any more. */
  show(runtime: Runtime, history?: number | 'all'): void {
    const before = this.shown.peek();
    const isShown = before && runtimeKey(before.runtime) === runtimeKey(runtime);
    if (isShown && (history === undefined || before.history === history)) return;
    before?.close();
    const conversation = new Conversation(this.parts, this.environment, runtime, history);
    this.shown.value = conversation;
    conversation.open();
  }

  /**
   * Begins a conversation and shows it.
   *
   * @returns undefined where the page was left meanwhile
   * @throws CommandError, DisconnectedError, RelayUnreachableError
   */
  async begin(): Promise<Runtime | undefined> {
    const newest = this.entries.peek()?.[0];
    const attachment = await this.parts.client.attach(this.environment);
    try {
      await attachment.runtimeStart({
        agent_id: newest?.runtime.agent_id ?? null,
        client_info: { name: 'twinlane console' },
      });
      const { runtime } = attachment;
      if (!runtime || !readRuntime(runtime)) throw new TypeError('The device began no conversation.');
      if (this.isClosed) {
        attachment.close();
        return undefined;
      }
      this.shown.peek()?.close();
      const conversation = new Conversation(this.parts, this.environment, runtime);
      this.shown.value = conversation;
      conversation.open(attachment);
      void this.refresh();
      return runtime;
    } catch (error) {
      attachment.close();
      throw error;
    }
  }

  /** The page is left. */
  close(): void {
    this.isClosed = true;
    this.timer?.cancel();
    this.shown.peek()?.close();
  }

  private async keepUpToDate(): Promise<void> {
    if (this.parts.isSeen()) await this.refresh();
    if (!this.isClosed) this.timer = this.parts.clock.after(EVERY_MS, () => void this.keepUpToDate());
  }
}

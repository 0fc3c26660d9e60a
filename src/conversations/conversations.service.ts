import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { type Agent, AgentRegistry } from '../agents/index.js';
import { CLOCK } from '../config/index.js';
import { JOURNAL, ProtocolEmitterService } from '../emitter/index.js';
import type { Journal } from '../journal/index.js';
import { Permissions } from '../permissions/index.js';
import { runtimeKey, type Clock, type Runtime } from '../protocol/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../transport/index.js';
import { Workspace } from '../workspace/index.js';
import { Conversation } from './conversation.js';
import { ConversationsOptions } from './conversations.options.js';
import { INPUT_LEDGER, type InputLedger, type UnfinishedInput } from './input-ledger.js';
import { STOPPED } from './run-turn.js';
import { toldBefore } from './told-before.js';

/**
 * The conversations of this device, one per runtime; they run side by side.
 *
 * @publicApi
 */
@Injectable()
export class ConversationsService implements OnModuleInit, OnApplicationBootstrap, OnApplicationShutdown {
  private readonly conversations = new Map<string, Conversation>();
  private readonly logger = new Logger(ConversationsService.name);
  private readonly watchers: ((conversation: Conversation) => void)[] = [];
  private closed = false;

  constructor(
    private readonly agents: AgentRegistry,
    private readonly emitter: ProtocolEmitterService,
    private readonly workspace: Workspace,
    private readonly permissions: Permissions,
    private readonly options: ConversationsOptions,
    @Inject(INPUT_LEDGER) private readonly ledger: InputLedger,
    @Inject(JOURNAL) private readonly journal: Journal,
    @Inject(LINK_MONITOR) private readonly links: LinkMonitor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AgentError when the chosen agent does not exist, so that the listener does not dial without it */
  onModuleInit(): void {
    this.agents.get(this.options.agent);
  }

  onApplicationBootstrap(): void {
    this.agent.watchStatus?.((runtime) => this.find(runtime)?.reportDevice());
    this.followLink().catch((error: unknown) => this.logger.error(error));
  }

  /**
   * Takes up what an earlier process of this listener left in the ledger (protocol section 3). Call it once, when agents
   * can work and before the first command is dispatched.
   */
  recover(): void {
    const byRuntime = new Map<string, UnfinishedInput[]>();
    for (const input of this.ledger.unfinished()) {
      const key = runtimeKey(input.runtime);
      byRuntime.set(key, [...(byRuntime.get(key) ?? []), input]);
    }
    for (const inputs of byRuntime.values()) this.recoverRuntime(inputs);
  }

  onApplicationShutdown(): void {
    this.ledger.close();
  }

  /** The conversation of a runtime; a new one when there is none yet. */
  of(runtime: Runtime): Conversation {
    const key = runtimeKey(runtime);
    const known = this.conversations.get(key);
    if (known) return known;
    const { agent, emitter, ledger, links, workspace, permissions, clock, options } = this;
    const conversation: Conversation = new Conversation(runtime, {
      agent,
      emitter,
      ledger,
      links,
      workspace,
      permissions,
      clock,
      options,
      touched: () => this.touched(conversation),
    });
    if (this.closed) conversation.close();
    this.conversations.set(key, conversation);
    this.touched(conversation);
    return conversation;
  }

  all(): readonly Conversation[] {
    return [...this.conversations.values()];
  }

  /** Tells of every conversation that is new, has another directory, or whose turn may have changed what is in it. */
  onTouched(watcher: (conversation: Conversation) => void): void {
    this.watchers.push(watcher);
  }

  find(runtime: Runtime): Conversation | undefined {
    return this.conversations.get(runtimeKey(runtime));
  }

  /**
   * No new turns. Those under way may end by themselves; the last part of the grace belongs to aborting them. When it
   * resolves each has its `turn_finished`.
   *
   * @param graceMs milliseconds
   */
  async shutdown(graceMs: number): Promise<void> {
    this.closed = true;
    const all = [...this.conversations.values()];
    for (const conversation of all) conversation.close();
    const forAborting = Math.min(this.options.abortGraceMs, graceMs / 2);
    await this.untilIdle(all, graceMs - forAborting);
    for (const conversation of all) conversation.abort(undefined, STOPPED);
    await this.untilIdle(all, forAborting);
    for (const conversation of all) conversation.cutOff();
    await this.within(forAborting, Promise.all(all.map((conversation) => conversation.untilSettled())));
  }

  private touched(conversation: Conversation): void {
    for (const watcher of this.watchers) watcher(conversation);
  }

  private recoverRuntime(inputs: readonly UnfinishedInput[]): void {
    const [first] = inputs;
    if (first) this.of(first.runtime).recover(inputs, toldBefore(this.journal, first.runtime));
  }

  private get agent(): Agent {
    return this.agents.get(this.options.agent);
  }

  private async untilIdle(conversations: readonly Conversation[], withinMs: number): Promise<void> {
    await this.within(withinMs, Promise.all(conversations.map((conversation) => conversation.untilIdle())));
  }

  private async within(ms: number, work: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.clock.after(ms, resolve);
      void work.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }

  /** A new registration brings a new `connectionId`; whoever watches a runtime is told. */
  private async followLink(): Promise<void> {
    let known = this.links.current.connectionId;
    for await (const { phase, connectionId } of this.links.states()) {
      if (phase !== 'ready' || connectionId === known) continue;
      known = connectionId;
      for (const conversation of this.conversations.values()) conversation.reportDevice();
    }
  }
}

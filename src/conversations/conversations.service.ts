import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';
import { type Agent, AgentRegistry } from '../agents/index.js';
import { CLOCK } from '../config/index.js';
import { ProtocolEmitterService } from '../emitter/index.js';
import { runtimeKey, type Clock, type Runtime } from '../protocol/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../transport/index.js';
import { Workspace } from '../workspace/index.js';
import { Conversation } from './conversation.js';
import { ConversationsOptions } from './conversations.options.js';

/**
 * The conversations of this device, one per runtime; they run side by side.
 *
 * @publicApi
 */
@Injectable()
export class ConversationsService implements OnModuleInit, OnApplicationBootstrap {
  private readonly conversations = new Map<string, Conversation>();
  private readonly logger = new Logger(ConversationsService.name);
  private closed = false;

  constructor(
    private readonly agents: AgentRegistry,
    private readonly emitter: ProtocolEmitterService,
    private readonly workspace: Workspace,
    private readonly options: ConversationsOptions,
    @Inject(LINK_MONITOR) private readonly links: LinkMonitor,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws AgentError when the chosen agent does not exist, so that the listener does not dial without it */
  onModuleInit(): void {
    this.agents.get(this.options.agent);
  }

  onApplicationBootstrap(): void {
    this.followLink().catch((error: unknown) => this.logger.error(error));
  }

  /** The conversation of a runtime; a new one when there is none yet. */
  of(runtime: Runtime): Conversation {
    const key = runtimeKey(runtime);
    let conversation = this.conversations.get(key);
    if (!conversation) {
      const { emitter, links, workspace, clock, options } = this;
      conversation = new Conversation(runtime, { agent: this.agent, emitter, links, workspace, clock, options });
      if (this.closed) conversation.close();
      this.conversations.set(key, conversation);
    }
    return conversation;
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
    for (const conversation of all) conversation.abort();
    await this.untilIdle(all, forAborting);
    for (const conversation of all) conversation.cutOff();
  }

  private get agent(): Agent {
    return this.agents.get(this.options.agent);
  }

  private async untilIdle(conversations: readonly Conversation[], withinMs: number): Promise<void> {
    const idle = Promise.all(conversations.map((conversation) => conversation.untilIdle()));
    await new Promise<void>((resolve) => {
      const timer = this.clock.after(withinMs, resolve);
      void idle.then(() => {
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

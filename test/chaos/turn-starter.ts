import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { ConversationsService, type Runtime } from 'twinlane';
import { LISTENER_SETTINGS, type ListenerSettings } from './listener-messages.js';

/** Keeps a turn going in every runtime, as somebody would who always asks for more. */
@Injectable()
export class TurnStarter implements OnApplicationBootstrap {
  private running: Promise<unknown> | undefined;
  private isFinishing = false;

  constructor(
    private readonly conversations: ConversationsService,
    @Inject(LISTENER_SETTINGS) private readonly settings: ListenerSettings,
  ) {}

  onApplicationBootstrap(): void {
    if (this.settings.beginsAtOnce) this.begin();
  }

  begin(): void {
    this.running ??= Promise.all(this.settings.runtimes.map((runtime) => this.keepBusy(runtime)));
  }

  /** Ends the turns, and resolves when they have ended. */
  async finish(): Promise<void> {
    this.isFinishing = true;
    for (const runtime of this.settings.runtimes) this.conversations.of(runtime).abort();
    await this.running;
  }

  private async keepBusy(runtime: Runtime): Promise<void> {
    const conversation = this.conversations.of(runtime);
    while (!this.isFinishing) {
      await Promise.resolve(conversation.accept([{ role: 'user', content: 'more' }]));
      await conversation.untilIdle();
    }
  }
}

import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { CommandDispatcher, Terminals } from '../commands/index.js';
import { ConversationsService } from '../conversations/index.js';
import { type ChannelClient, CONTROL_CLIENT, LinkSupervisor, STREAM_CLIENT } from '../transport/index.js';
import { ListenerOptions } from './listener.options.js';

/** Starts and stops the listener with its application. */
@Injectable()
export class ListenerLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(ListenerLifecycle.name);

  constructor(
    private readonly options: ListenerOptions,
    private readonly links: LinkSupervisor,
    private readonly dispatcher: CommandDispatcher,
    private readonly conversations: ConversationsService,
    private readonly terminals: Terminals,
    @Inject(CONTROL_CLIENT) private readonly control: ChannelClient,
    @Inject(STREAM_CLIENT) private readonly stream: ChannelClient,
  ) {}

  onApplicationBootstrap(): void {
    // First: what the earlier process left is over, or under way again, when the first command comes.
    this.conversations.recover();
    for (const client of [this.control, this.stream]) {
      // Reading begins here, before the link does, so that no command is missed.
      this.dispatchFrom(client.frames()).catch((error: unknown) => this.log.error(error));
    }
    this.links.start();
  }

  /** Terminals end; turns finish or are aborted within the grace period; the server learns how they ended, and that this listener leaves. */
  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.terminals.shutdown(), this.conversations.shutdown(this.options.shutdownGraceMs)]);
    await this.links.stop();
  }

  private async dispatchFrom(frames: ReturnType<ChannelClient['frames']>): Promise<void> {
    for await (const frame of frames) this.dispatcher.dispatch(frame);
  }
}

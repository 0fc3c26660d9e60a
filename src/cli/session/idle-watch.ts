import type { Attachment } from '../../client/index.js';
import { Approver } from '../attach/approver.js';
import { TurnPrinter } from '../attach/turn-printer.js';
import type { AttachSettings } from '../settings/client.settings.js';
import type { Terminal } from './terminal.js';
import type { PromptAsker } from './prompt-asker.js';
import type { Surroundings } from './surroundings.js';

/** Follows the conversation while the prompt is shown: its state, turns of other clients, approvals that wait. */
export class IdleWatch {
  private readonly approver: Approver;
  private readonly printer: TurnPrinter;
  private readonly events: ReturnType<Attachment['events']>;

  constructor(
    attachment: Attachment,
    private readonly terminal: Terminal,
    private readonly surroundings: Surroundings,
    approve: AttachSettings['approve'],
    asker: PromptAsker,
  ) {
    const { output, paint } = terminal;
    this.approver = new Approver(attachment, approve, asker, output);
    this.printer = new TurnPrinter(output, output, paint);
    this.events = attachment.events();
  }

  /** Until stopped. @throws DisconnectedError, TokenRefusedError */
  async follow(): Promise<void> {
    for await (const frame of this.events) {
      const before = this.surroundings.activity;
      this.surroundings.learn(frame);
      if (before === 'ready' && this.surroundings.activity === 'busy')
        await this.terminal.output.line('Another client has started a turn here:');
      this.approver.see(frame);
      await this.printer.print(frame);
      this.terminal.showPrompt(this.surroundings.prompt);
    }
  }

  async stop(): Promise<void> {
    this.approver.close();
    await this.events.return?.();
  }
}

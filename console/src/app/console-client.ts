import { signal, type ReadonlySignal } from '@preact/signals';
import { TwinlaneClient, type Attachment, type AttachmentOptions, type EnvironmentRecord } from 'twinlane/client';

/** An attachment that some part of the console has opened, and not closed. */
export interface OpenAttachment {
  /** Counted up, for the life of the page. */
  readonly number: number;
  /** `id` of the environment. */
  readonly environment: string;
  readonly attachment: Attachment;
}

/** The client of the page, which also knows what is open through it: so that the page can say how it is connected. */
export class ConsoleClient extends TwinlaneClient {
  private readonly all = signal<readonly OpenAttachment[]>([]);
  private opened = 0;

  /** The one that was opened first comes first. */
  get open(): ReadonlySignal<readonly OpenAttachment[]> {
    return this.all;
  }

  override async attach(environment: string | EnvironmentRecord, options?: AttachmentOptions): Promise<Attachment> {
    const attachment = await super.attach(environment, options);
    const name = typeof environment === 'string' ? environment : environment.id;
    void this.hold({ number: ++this.opened, environment: name, attachment });
    return attachment;
  }

  private async hold(one: OpenAttachment): Promise<void> {
    this.all.value = [...this.all.peek(), one];
    for await (const { phase } of one.attachment.states()) if (phase === 'closed') break;
    this.all.value = this.all.peek().filter((other) => other !== one);
  }
}

import { effect, untracked } from '@preact/signals';
import type { AnswerOf, Attachment, FieldsOf } from 'twinlane/client';
import type { Frame } from 'twinlane/protocol';
import type { Device } from './device.js';

/** An attachment that may be another one later, as the page of an environment has it. */
export interface Attachments {
  readonly attachment: { readonly value: Attachment | undefined };
}

/** The device behind whatever attachment a page has at the moment: what is open outlives them. */
export class EnvironmentDevice implements Device {
  private attachments: Attachments | undefined;

  /**
   * From now on these attachments are used.
   *
   * @param follow told of each of them; what it returns ends that
   * @returns ends the telling
   */
  use(attachments: Attachments, follow: (attachment: Attachment) => () => void): () => void {
    this.attachments = attachments;
    return effect(() => {
      const { value: attachment } = attachments.attachment;
      // What is looked at meanwhile is nothing to follow.
      return attachment && untracked(() => follow(attachment));
    });
  }

  async command<T extends string>(type: T, fields: FieldsOf<T>): Promise<AnswerOf<T>> {
    return this.attached().command(type, fields);
  }

  frames(): AsyncIterableIterator<Frame, undefined> {
    return this.attached().frames();
  }

  private attached(): Attachment {
    const attachment = this.attachments?.attachment.value;
    if (!attachment) throw new Error('Not connected to the relay; try again when it is back.');
    return attachment;
  }
}

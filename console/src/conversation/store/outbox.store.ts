import { signal } from '@preact/signals';
import { randomId } from 'twinlane/client';
import type { InputMessage } from 'twinlane/protocol';
import { contentText } from '../transcript/read-fields.js';
import { messageOf } from '../../ui/index.js';

/** An input that the device has not accepted yet. */
export interface OutgoingInput {
  readonly id: string;
  readonly messages: readonly InputMessage[];
  readonly text: string;
  /** Why it was not accepted; undefined while it is on its way. */
  readonly error: string | undefined;
}

/** Inputs between the hand of a person and the word that the device has them. */
export class Outbox {
  readonly inputs = signal<readonly OutgoingInput[]>([]);

  /** @param send resolves when the device has accepted an input */
  constructor(private readonly send: (messages: readonly InputMessage[]) => Promise<unknown>) {}

  async add(content: InputMessage['content']): Promise<void> {
    const id = randomId();
    // Its id makes that it is taken once, however often it is sent.
    const messages = [{ role: 'user', content, client_message_id: id }];
    this.inputs.value = [...this.inputs.value, { id, messages, text: contentText(content), error: undefined }];
    await this.try(id);
  }

  async retry(id: string): Promise<void> {
    this.change(id, undefined);
    await this.try(id);
  }

  discard(id: string): void {
    this.inputs.value = this.inputs.value.filter((input) => input.id !== id);
  }

  private async try(id: string): Promise<void> {
    const input = this.inputs.peek().find((one) => one.id === id);
    if (!input) return;
    try {
      await this.send(input.messages);
      this.discard(id);
    } catch (error) {
      this.change(id, messageOf(error));
    }
  }

  private change(id: string, error: string | undefined): void {
    this.inputs.value = this.inputs.value.map((input) => (input.id === id ? { ...input, error } : input));
  }
}

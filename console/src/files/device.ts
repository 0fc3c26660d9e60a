import type { AnswerOf, Attachment, FieldsOf } from 'twinlane/client';

/** What the stores need of an attachment. */
export type Device = Pick<Attachment, 'command' | 'frames'>;

/** Asks the device one thing after another of its kind: an answer that a newer question has overtaken is dropped. */
export class LatestQuestion {
  private asked = 0;

  constructor(private readonly device: Device) {}

  /** @returns undefined where something newer was asked meanwhile, also when this one failed */
  async ask<T extends string>(type: T, fields: FieldsOf<T>): Promise<AnswerOf<T> | undefined> {
    const number = ++this.asked;
    try {
      const answer = await this.device.command(type, fields);
      return number === this.asked ? answer : undefined;
    } catch (error) {
      if (number === this.asked) throw error;
      return undefined;
    }
  }

  /** No answer to what was asked so far is wanted any more. */
  forget(): void {
    this.asked++;
  }
}

/** From the table of error codes; undefined where an error has none. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

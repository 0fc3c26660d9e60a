import { isRecord, type InputMessage } from '../protocol/index.js';

/** The text that the user's messages of an input hold, one message per line; parts that are no text are left out. */
export function inputText(messages: readonly InputMessage[]): string {
  return messages
    .filter((message) => message.role === 'user')
    .map((message) => textOf(message.content))
    .join('\n');
}

/** The types of the parts of the user's messages that `inputText` leaves out, each once for every part. */
export function leftOutParts(messages: readonly InputMessage[]): readonly string[] {
  return messages
    .filter((message) => message.role === 'user')
    .flatMap(({ content }): readonly unknown[] => (Array.isArray(content) ? content : []))
    .map((part) => (isRecord(part) && typeof part['type'] === 'string' ? part['type'] : 'unknown'))
    .filter((type) => type !== 'text');
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) =>
      isRecord(part) && part['type'] === 'text' && typeof part['text'] === 'string' ? part['text'] : '',
    )
    .join('');
}

import { isRecord } from '../../protocol/index.js';

/** Text, or the text among content parts. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => {
      if (isRecord(part) && typeof part['text'] === 'string') return part['text'];
      // The queue shows the contents of several messages side by side.
      return typeof part === 'string' || Array.isArray(part) ? contentText(part) : '';
    })
    .join('');
}

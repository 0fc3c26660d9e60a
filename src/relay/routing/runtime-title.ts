import { encodeFrame, isRecord, type Frame } from '../../protocol/index.js';

/** UTF-16 units of a title; what is longer is cut. */
const MAX_TITLE = 120;
/** Of a text, in which its first line is looked for. */
const MAX_SEARCHED = 4 * MAX_TITLE;

/**
 * What stands in the text of every input that a device of ours echoes. Not all of `"message_type":"user_message"`: a search that begins with a
 * quotation mark stops at each of them, and every event is searched.
 */
const ECHO = ':"user_message"';

/**
 * The first line of what a user gave, as the event of a device echoes it; undefined for every other event, and where it holds no text.
 *
 * @param text of the event: its delta is not always read (`readDelta`)
 */
export function inputTitle(frame: Frame, text: string): string | undefined {
  if (frame.type !== 'stream_delta') return undefined;
  const delta = 'delta' in frame || !text.includes(ECHO) ? frame['delta'] : (JSON.parse(text) as Frame)['delta'];
  if (!isRecord(delta) || delta['message_type'] !== 'user_message') return undefined;
  const { content } = delta;
  if (!Array.isArray(content)) return titleOf(content);
  for (const part of content) {
    const title = isRecord(part) && part['type'] === 'text' ? titleOf(part['text']) : undefined;
    if (title !== undefined) return title;
  }
  return undefined;
}

/** What a device status says its agent calls the conversation. */
export function agentTitle(status: Readonly<Record<string, unknown>>): string | undefined {
  const agent = status['agent_status'];
  return isRecord(agent) ? titleOf(agent['title']) : undefined;
}

/** What is kept of an event beyond retention for the sake of its title: it is read again by `inputTitle`. */
export function titleText(title: string): string {
  return encodeFrame({ type: 'stream_delta', delta: { message_type: 'user_message', content: title } });
}

/** The first line with something in it, blanks collapsed. */
function titleOf(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const [line] = text
    .trimStart()
    .slice(0, MAX_SEARCHED)
    .split(/[\n\r\u2028\u2029]/, 1);
  const words = (line ?? '').replaceAll(/\s+/g, ' ').trim();
  if (words === '') return undefined;
  if (words.length <= MAX_TITLE) return words;
  // Never half of a character.
  const end = /[\ud800-\udbff]$/.test(words.slice(0, MAX_TITLE - 1)) ? MAX_TITLE - 2 : MAX_TITLE - 1;
  return `${words.slice(0, end).trimEnd()}…`;
}

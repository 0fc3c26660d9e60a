import { CHANNEL_NAMES, type ChannelName } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';

/** Characters of an id in a query. */
const MAX_ID_LENGTH = 256;

/** A part of a text keeps all of it in memory, which here is the whole request target. */
function detached(text: string): string {
  return Buffer.from(text).toString();
}

/** A parameter's text; undefined when it is absent or empty. */
export function readText(query: URLSearchParams, name: string): string | undefined {
  const text = query.get(name) ?? '';
  if (text.length > MAX_ID_LENGTH)
    throw new RelayError('BAD_REQUEST', `${name} is longer than ${MAX_ID_LENGTH} characters.`);
  return text === '' ? undefined : detached(text);
}

/** @throws RelayError BAD_REQUEST when it is neither channel */
export function readChannel(query: URLSearchParams): ChannelName | undefined {
  const text = query.get('channel');
  if (text === null) return undefined;
  const channel = CHANNEL_NAMES.find((name) => name === text);
  if (!channel) throw new RelayError('BAD_REQUEST', `channel must be ${CHANNEL_NAMES.join(' or ')}.`);
  return channel;
}

/** @throws RelayError BAD_REQUEST when it is there and no integer ≥ 0 */
export function readCount(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(count)) throw new RelayError('BAD_REQUEST', `${name} must be an integer of at least 0.`);
  return count;
}

/** `history=`: a number of events, or `all`. @throws RelayError BAD_REQUEST when it is neither */
export function readHistory(query: URLSearchParams): number {
  return query.get('history') === 'all' ? Infinity : (readCount(query, 'history') ?? 0);
}

import { RelayError } from '../relay.error.js';
import type { Hello } from './pairing.js';
import { readChannel, readCount, readText } from './query.js';

/**
 * Reads the query of a listener's socket. A generation without a channel means nothing.
 *
 * @throws RelayError BAD_REQUEST
 */
export function readHello(query: URLSearchParams): Hello {
  const channel = readChannel(query);
  if (!channel) return { kind: 'legacy' };
  const generation = readText(query, 'connectionGeneration');
  const attempt = readCount(query, 'connectionAttempt');
  if (generation === undefined && attempt === undefined) return { kind: 'split', channel };
  if (generation === undefined || attempt === undefined)
    throw new RelayError('BAD_REQUEST', 'connectionGeneration and connectionAttempt go together.');
  return { kind: 'paired', channel, generation, attempt };
}

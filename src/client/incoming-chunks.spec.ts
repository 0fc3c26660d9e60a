import { expect, it } from 'vitest';
import { ChunkError } from '../channel/index.js';
import { FrameError, type Frame } from '../protocol/index.js';
import { AnswerChunksError, IncomingChunks } from './incoming-chunks.js';

const chunk = (index: number, data: string, last: boolean, fields: object = {}): Frame => ({
  type: 'chunk',
  id: 'a',
  index,
  last,
  data,
  ...fields,
});
const mine = { request_id: 'mine' };
const ANSWER = JSON.stringify({ type: 'read_file_response', request_id: 'theirs', content: 'é' });

function incoming(maxLength = 10_000): IncomingChunks {
  return new IncomingChunks(maxLength, (requestId) => requestId === 'mine');
}

it('joins events, and answers under the id that this client gave', () => {
  const chunks = incoming();
  expect(chunks.take(chunk(0, ANSWER.slice(0, 20), false, mine))).toBeUndefined();
  expect(chunks.take(chunk(0, '{"type":"stream_delta"}', true))?.frame).toEqual({ type: 'stream_delta' });
  expect(chunks.take(chunk(1, ANSWER.slice(20), true, mine))).toEqual({
    frame: { type: 'read_file_response', request_id: 'mine', content: 'é' },
    length: ANSWER.length,
  });
});

it('keeps nothing of answers that nobody waits for', () => {
  expect(incoming().take(chunk(7, 'x', true, { request_id: 'other' }))).toBeUndefined();
});

it('C29 refuses an answer that does not fit together, is too large, or is none', () => {
  const refused = (...all: Frame[]): AnswerChunksError => {
    const chunks = incoming(1_000);
    try {
      for (const each of all) chunks.take(each);
    } catch (error) {
      if (error instanceof AnswerChunksError) return error;
      throw error;
    }
    throw new Error('it was taken');
  };
  expect(refused(chunk(0, 'x', false, mine), chunk(2, 'x', false, mine))).toMatchObject({
    requestId: 'mine',
    isTooLarge: false,
  });
  expect(refused(chunk(0, 'x'.repeat(1_001), false, mine)).isTooLarge).toBe(true);
  expect(refused(chunk(0, '{"type":"stream_delta"}', true, mine)).isTooLarge).toBe(false);
  expect(refused(chunk(0, 'no json', true, mine)).isTooLarge).toBe(false);
});

it('C29 refuses chunks of events with an error of the socket', () => {
  expect(() => incoming().take(chunk(1, 'x', false))).toThrow(ChunkError);
  for (const data of ['{"type":"chunk"}', '{"type":"ack","seq":1}', 'no json'])
    expect(() => incoming().take(chunk(0, data, true))).toThrow(FrameError);
  expect(() => incoming().take({ type: 'chunk' })).toThrow(FrameError);
});

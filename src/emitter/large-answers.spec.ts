import { beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import type { FrameSource } from '../channel/index.js';
import { type ChunkFrame, decodeFrame, type Frame, MAX_UNCONFIRMED_LENGTH, readChunk } from '../protocol/index.js';
import type { OpenLink } from '../transport/index.js';
import { LargeAnswers } from './large-answers.js';

const MIB = 1024 * 1024;
const STALL_MS = 60_000;
const TURN_MS = 2_000;

let clock: ManualClock;
let sources: Set<FrameSource>;
let link: OpenLink;
let failed: Frame[];
let answers: LargeAnswers;
beforeEach(() => {
  clock = new ManualClock();
  sources = new Set();
  failed = [];
  link = {
    shape: { kind: 'split', resumable: true, chunked: true },
    stream: { attach: (source: FrameSource) => sources.add(source) },
  } as unknown as OpenLink;
  answers = new LargeAnswers(
    clock,
    { maxAnswerBytes: 8 * MIB, heldAnswerBytes: 20 * MIB, answerStallMs: STALL_MS, answerTurnMs: TURN_MS },
    (answer) => failed.push(answer),
  );
  answers.linkUp(link);
});

const answer = (length: number): Frame => ({
  type: 'read_file_response',
  request_id: 'x',
  success: true,
  content: '"'.repeat(length / 2),
});

/** What can be sent now, by turns. */
function sent(): ChunkFrame[] {
  const chunks: ChunkFrame[] = [];
  while (sources.size > 0)
    for (const source of sources) {
      const frame = source.next();
      const chunk = frame && readChunk(decodeFrame(frame.text));
      if (chunk) chunks.push(chunk);
      else sources.delete(source);
    }
  return chunks;
}

const ack = (id: string, index: number, stop = false): boolean =>
  answers.take({ type: 'chunk_ack', id, index, ...(stop ? { stop } : {}) });

it('C18 sends no more than 1 MiB that is not confirmed, and all of it in the end', () => {
  answers.send(answer(4 * MIB), 'a');
  const all: ChunkFrame[] = [];
  for (let chunks = sent(); chunks.length > 0; chunks = sent()) {
    const length = chunks.reduce((sum, { data }) => sum + data.length, 0);
    expect(length).toBeLessThanOrEqual(MAX_UNCONFIRMED_LENGTH + 16 * 1024);
    expect(answers.settled).toBe(false);
    all.push(...chunks);
    ack('a', all.length - 1);
  }
  expect(JSON.parse(all.map(({ data }) => data).join(''))).toEqual(answer(4 * MIB));
  expect(all.map(({ last }) => last)).toEqual([...Array<boolean>(all.length - 1).fill(false), true]);
  expect(answers.settled).toBe(true);
});

it('sends 6 side by side, and the next when one has ended', () => {
  for (let i = 0; i < 7; i++) answers.send(answer(2 * MIB), `r-${i}`);
  const first = sent();
  expect(new Set(first.map(({ id }) => id)).size).toBe(6);
  // By turns, not one after the other.
  expect(new Set(first.slice(0, 6).map(({ id }) => id)).size).toBe(6);
  ack('r-0', 0, true);
  expect(sent().every(({ id }) => id === 'r-6')).toBe(true);
});

it('C17 holds up no other while the askers of 6 take nothing: they begin anew behind it', async () => {
  for (let i = 0; i < 6; i++) answers.send(answer(4 * MIB), `slow-${i}`);
  sent();
  answers.send(answer(200_000), 'quick');
  expect(sent()).toEqual([]);
  await clock.advance(TURN_MS);
  const chunks = sent();
  const quick = chunks.filter(({ id }) => id === 'quick');
  expect(quick.at(-1)?.last).toBe(true);
  expect(chunks.find(({ id }) => id === 'slow-0')).toMatchObject({ index: 0 });
  ack('quick', quick.length - 1);
  await clock.advance(STALL_MS);
  await clock.advance(STALL_MS);
  expect(new Set(failed.map(({ request_id: id }) => id)).size).toBe(6);
  expect(answers.settled).toBe(true);
});

it('C17 gives up one that comes no further whenever it begins anew', async () => {
  for (let i = 0; i < 7; i++) answers.send(answer(4 * MIB), `r-${i}`);
  for (let elapsed = 0; elapsed < 4 * STALL_MS; elapsed += TURN_MS) {
    for (const source of sources) {
      const frame = source.next();
      if (frame) ack(String(decodeFrame(frame.text)['id']), 0);
    }
    await clock.advance(TURN_MS);
  }
  expect(failed.map(({ error_code: code }) => code)).toEqual(Array(7).fill('COMMAND_TIMEOUT'));
});

it('C17 leaves its id to another once all of it is on its way, whether or not it was taken', () => {
  for (let i = 0; i < 6; i++) answers.send(answer(200_000), `slow-${i}`);
  expect(sent().filter(({ last }) => last)).toHaveLength(6);
  answers.send(answer(200_000), 'quick');
  expect(sent().at(-1)).toMatchObject({ id: 'quick', last: true });
});

it('ends one that nobody takes: at once where the server says so, else in time', async () => {
  answers.send(answer(4 * MIB), 'a');
  answers.send(answer(4 * MIB), 'b');
  sent();
  ack('a', 0, true);
  expect(failed).toEqual([]);
  await clock.advance(STALL_MS - 1);
  ack('b', 0);
  await clock.advance(STALL_MS - 1);
  expect([failed, answers.settled]).toEqual([[], false]);
  await clock.advance(1);
  expect(failed).toMatchObject([{ type: 'read_file_response', request_id: 'b', error_code: 'COMMAND_TIMEOUT' }]);
  expect([answers.settled, sent()]).toEqual([true, []]);
});

it('turns one that is larger than an answer may be into an error, and sends no end of it', () => {
  answers.send(answer(10 * MIB), 'a');
  let last = false;
  for (let chunks = sent(), index = -1; chunks.length > 0; chunks = sent()) {
    index += chunks.length;
    last ||= chunks.some((chunk) => chunk.last);
    ack('a', index);
  }
  expect([last, answers.settled]).toEqual([false, true]);
  expect(failed).toMatchObject([{ request_id: 'a', error_code: 'ANSWER_TOO_LARGE' }]);
});

it('refuses what would be too much to hold', () => {
  for (let i = 0; i < 12; i++) answers.send(answer(4 * MIB), `r-${i}`);
  expect(failed.map(({ request_id: id, error_code: code }) => [id, code])).toEqual([
    ['r-9', 'TOO_MANY'],
    ['r-10', 'TOO_MANY'],
    ['r-11', 'TOO_MANY'],
  ]);
});

it('forgets all of them with their link, and begins anew on the next', () => {
  answers.send(answer(MIB), 'a');
  sent();
  answers.linkDown();
  expect([answers.settled, sent()]).toEqual([true, []]);
  answers.send(answer(MIB), 'b');
  expect(answers.settled).toBe(true);
  answers.linkUp(link);
  answers.send(answer(200_000), 'a');
  expect(sent()[0]).toMatchObject({ id: 'a', request_id: 'a', index: 0 });
});

it('takes the place of an earlier one to the same request', () => {
  answers.send(answer(MIB), 'a');
  sent();
  answers.send(answer(200_000), 'a');
  expect(sent().map(({ index }) => index)[0]).toBe(0);
});

it('overlooks what says nothing', () => {
  expect(answers.take({ type: 'chunk_ack' })).toBe(true);
  expect(ack('unknown', 3)).toBe(true);
  expect(answers.take({ type: 'rewind' })).toBe(false);
  answers.send(answer(200_000), 'a');
  ack('a', 99);
  expect(sent().length).toBeGreaterThan(0);
});

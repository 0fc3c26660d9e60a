import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { isEvent, isGap, isReplayed, type Attachment } from '../../src/client/index.js';

const PARTS = 4;
const LINES = 500;
/** Prints a part once its file is there. */
const COMMAND = `for i in 1 2 3 4; do while [ ! -e go-$i ]; do sleep 0.01; done; seq 1 ${LINES}; echo part-$i; done; exit 3`;
const PRINTED = Array.from({ length: PARTS }, (_, part) => {
  const lines = Array.from({ length: LINES }, (__, i) => `${i + 1}\n`).join('');
  return `${lines}part-${part + 1}\n`;
}).join('');

/** What happens once a part has been seen, of those before the last (from 1 on). */
export interface BetweenParts {
  /** Before the next part is printed. */
  before?(part: number): unknown;
  /** While the next part is on its way. */
  during?(part: number): unknown;
}

/**
 * A turn of the shell agent that prints in parts, read to its end: all that was printed is seen, once and in order, and nothing is told to be
 * missing.
 *
 * @param workspace of its listener
 * @returns characters that were printed
 */
export async function turnInParts(
  attachment: Attachment,
  workspace: string,
  { before, during }: BetweenParts = {},
): Promise<number> {
  const go = (part: number): Promise<void> => writeFile(path.join(workspace, `go-${part}`), '');
  const numbers: number[] = [];
  let printed = '';
  let part = 1;
  const turn = await attachment.turn(COMMAND);
  await go(part);
  for await (const event of turn) {
    expect(isGap(event)).toBe(false);
    if (!isReplayed(event)) numbers.push(Number(event['event_seq']));
    if (!isEvent(event, 'stream_delta') || event.delta['stream'] !== 'stdout') continue;
    printed += String(event.delta['tool_return']);
    if (part === PARTS || !printed.includes(`part-${part}\n`)) continue;
    await before?.(part);
    await go(part + 1);
    await during?.(part);
    part++;
  }
  expect(turn.outcome).toMatchObject({ stop_reason: 'end_turn' });
  expect(printed).toBe(PRINTED);
  expect(numbers).toEqual(numbers.map((_, i) => Number(numbers[0]) + i));
  return printed.length;
}

import { setImmediate as afterInput } from 'node:timers/promises';
import type { CliIo } from '../cli-io.js';

/** Rounds of the event loop in which everything that waits in the terminal is read. */
const ROUNDS = 2;

/** Resolves when what was typed before has been read by whoever listens: it must not answer a question that comes now. */
export async function afterTyped(): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) await afterInput();
}

/** Drops what was typed and nobody has read. A line without its end is read in raw mode only. */
export async function dropTyped(stdin: CliIo['stdin']): Promise<void> {
  const drop = (): void => {};
  stdin.setRawMode?.(true);
  stdin.on('data', drop);
  try {
    await afterTyped();
  } finally {
    stdin.off('data', drop);
    stdin.pause();
    stdin.setRawMode?.(false);
  }
}

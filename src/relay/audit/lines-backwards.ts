import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 64 * 1_024;
const NEWLINE = 0x0a;

export interface Line {
  readonly text: string;
  /** Where in the file it begins, in bytes. */
  readonly start: number;
}

/** Reads the lines of a file that end at or before `end` (bytes), the last one first. What a killed process has not ended is a line, too. */
export async function* linesBackwards(file: FileHandle, end: number): AsyncGenerator<Line> {
  let rest: Buffer = Buffer.alloc(0);
  let position = end;
  while (position > 0) {
    const length = Math.min(CHUNK_BYTES, position);
    position -= length;
    const chunk = Buffer.alloc(length);
    const { bytesRead } = await file.read(chunk, 0, length, position);
    const block = Buffer.concat([chunk.subarray(0, bytesRead), rest]);
    let cut = block.length;
    for (let newline = lastNewline(block, cut); newline >= 0; newline = lastNewline(block, cut)) {
      if (newline + 1 < cut) yield { text: block.toString('utf8', newline + 1, cut), start: position + newline + 1 };
      cut = newline;
    }
    rest = block.subarray(0, cut);
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), start: 0 };
}

function lastNewline(block: Buffer, before: number): number {
  return before === 0 ? -1 : block.lastIndexOf(NEWLINE, before - 1);
}

import { openSync, readFileSync, writeSync } from 'node:fs';

/** One event that a device committed to its journal, as its witness file says. */
export interface Witnessed {
  /** Index of the runtime. */
  readonly runtime: number;
  readonly number: number;
  /** The event's name. */
  readonly epoch: string;
  readonly seq: number;
  /** When it was emitted, in epoch ms. */
  readonly at: number;
}

/** Events of one listener process have numbers between two multiples of this, so that a killed process' unwitnessed tail is nobody else's. */
const NUMBERS_OF_A_PROCESS = 1_000_000_000;

/** The number before the first of a listener process. @param process counted from 0 */
export function numbersBefore(process: number): number {
  return process * NUMBERS_OF_A_PROCESS;
}

/** Which listener process of its device emitted a number, counted from 0. */
export function processOf(number: number): number {
  return Math.floor(number / NUMBERS_OF_A_PROCESS);
}

/** The device's own record of what it emitted, apart from its journal. A line is one write, so that `kill -9` leaves whole lines. */
export class WitnessFile {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  append({ runtime, number, epoch, seq, at }: Witnessed): void {
    writeSync(this.file, `${runtime} ${number} ${epoch} ${seq} ${at}\n`);
  }
}

/** @throws Error when a line is not one of a witness */
export function readWitness(path: string): Witnessed[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  if (lines.pop() !== '') throw new Error(`${path} ends in half a line.`);
  return lines.map((line) => {
    const [runtime, number, epoch, seq, at] = line.split(' ');
    if (epoch === undefined || at === undefined) throw new Error(`${path} has a line that is none: ${line}`);
    return { runtime: Number(runtime), number: Number(number), epoch, seq: Number(seq), at: Number(at) };
  });
}

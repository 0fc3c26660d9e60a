/** What an event of a run carries, as a delta or on its own: which number it is, apart from its name, and a text that depends on it. */
export interface NumberedEvent {
  readonly number: number;
  readonly text: string;
}

/** Characters of one to four bytes, so that cuts fall into them. */
const ALPHABET = 'aä€🙂';
const USUAL_REPEATS = 20;
/** One event in so many is large. */
const LARGE_EVERY = 100;
/** Tens of KB. */
const LEAST_LARGE_REPEATS = 1_000;
const LARGE_STEPS = 7;

export function numberedEvent(number: number): NumberedEvent {
  return { number, text: ALPHABET.repeat(repeatsOf(number)) };
}

/** Undefined for what is no such event, or was changed on its way. */
export function readNumber(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { number, text } = value as Record<string, unknown>;
  return typeof number === 'number' && text === ALPHABET.repeat(repeatsOf(number)) ? number : undefined;
}

function repeatsOf(number: number): number {
  if (number % LARGE_EVERY !== 0) return USUAL_REPEATS;
  return LEAST_LARGE_REPEATS * (1 + ((number / LARGE_EVERY) % LARGE_STEPS));
}

import { IsInt, Max, Min } from 'class-validator';

/** Timers cannot wait longer, in ms: a longer one would fire at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Which whole numbers a property takes, both ends included, and how an error calls it. */
export interface WholeNumberRange {
  readonly min: number;
  readonly max?: number | undefined;
  /** What the number is, with its article. Default "a whole number". */
  readonly what?: string;
}

/**
 * The property holds a whole number of this range. Whatever is wrong with a value, the error says all that is wanted, once: "must
 * be a whole number, 1 or more", "must be a port from 0 to 65535".
 */
export function WholeNumber({ min, max, what = 'a whole number' }: WholeNumberRange): PropertyDecorator {
  const range = max === undefined ? `, ${min} or more` : ` from ${min} to ${max}`;
  const message = { message: `$property must be ${what}${range}` };
  const rules = [...(max === undefined ? [] : [Max(max, message)]), Min(min, message), IsInt(message)];
  return (target, property) => {
    for (const rule of rules) rule(target, property);
  };
}

/** A number of bytes, 1 or more unless `min` says so. */
export function Bytes({ min = 1, max }: Partial<WholeNumberRange> = {}): PropertyDecorator {
  return WholeNumber({ min, max, what: 'a number of bytes' });
}

/** A time in milliseconds, no longer than a timer can wait unless `max` says so. */
export function Milliseconds({ min, max = LONGEST_TIMER_MS }: WholeNumberRange): PropertyDecorator {
  return WholeNumber({ min, max, what: 'a number of milliseconds' });
}

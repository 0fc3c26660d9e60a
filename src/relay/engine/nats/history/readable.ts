import { asError } from './as-error.js';

/** What a message says; undefined for one that is damaged, or that a newer version wrote. @param unreadable told why */
export function readable<T>(read: () => T, unreadable: (error: Error) => void): T | undefined {
  try {
    return read();
  } catch (error) {
    unreadable(asError(error));
    return undefined;
  }
}

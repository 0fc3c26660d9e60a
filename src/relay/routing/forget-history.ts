import type { Journal } from '../../journal/index.js';

/** Drops what a journal keeps, but for the names of epochs: what a device would bring again is known, and stays gone. */
export function forgetHistory(journal: Journal): void {
  for (const runtime of journal.runtimes()) {
    for (const name of journal.kept(runtime).keys()) journal.drop(runtime, name);
    journal.forget(runtime);
  }
}

import type { FrameSource } from '../channel/index.js';
import type { Journal } from '../journal/index.js';
import { encodeFrame, MAX_JOURNALS, type JournalHead, type JournalsFrame, type Runtime } from '../protocol/index.js';

/** Runtimes in one `journals` frame. */
const RUNTIMES_PER_FRAME = 100;

/**
 * The first frames on stream after every connect: what the journal holds of each runtime (protocol section 5); of those that
 * appended last where there are too many.
 */
export function journalHeads(journal: Journal, epoch: string): FrameSource {
  const runtimes = journal.runtimes().slice(-MAX_JOURNALS);
  let isLast = false;
  return {
    next: () => {
      if (isLast) return undefined;
      const heads = runtimes.splice(0, RUNTIMES_PER_FRAME).flatMap((runtime) => headsOf(journal, runtime, epoch));
      isLast = runtimes.length === 0;
      const frame: JournalsFrame = { type: 'journals', heads, ...(isLast ? { last: true } : {}) };
      return { text: encodeFrame(frame) };
    },
    idle: true,
  };
}

/** Epochs of which something is kept, and this process' one, so that the server knows with which number it begins. */
function headsOf(journal: Journal, runtime: Runtime, current: string): JournalHead[] {
  const epochs = journal.epochs(runtime);
  const heads = epochs
    .filter(({ epoch, last, kept }) => epoch === current || kept <= last)
    .map(({ epoch, last, kept }) => ({ runtime, event_epoch: epoch, first: kept, head: last }));
  const newest = epochs.at(-1);
  if (newest?.epoch === current) return heads;
  const head = newest?.last ?? 0;
  return [...heads, { runtime, event_epoch: current, first: head + 1, head }];
}

import { signal } from '@preact/signals';
import type { Clock, Timer } from 'twinlane/protocol';
import { LatestQuestion, type Device } from './device.js';
import { messageOf } from '../ui/index.js';

/** How long nothing may be typed before it is searched; milliseconds. */
const PAUSE_MS = 80;
/** Files that are shown. */
const MAX_RESULTS = 50;

/** Finds files by letters of their paths, while they are typed. */
export class FindStore {
  readonly query = signal('');
  readonly paths = signal<readonly string[]>([]);
  readonly isSearching = signal(false);
  readonly problem = signal<string | undefined>(undefined);
  /** What the list does not show, in words; empty where it shows all. */
  readonly note = signal('');
  private readonly question: LatestQuestion;
  private timer: Timer | undefined;

  constructor(
    device: Device,
    private readonly clock: Clock,
  ) {
    this.question = new LatestQuestion(device);
  }

  type(query: string): void {
    this.query.value = query;
    this.timer?.cancel();
    this.timer = this.clock.after(PAUSE_MS, () => void this.search());
  }

  /** Searches now. */
  async search(): Promise<void> {
    this.isSearching.value = true;
    try {
      const answer = await this.question.ask('search_files', { query: this.query.value, max_results: MAX_RESULTS });
      if (!answer) return;
      this.paths.value = answer.files.filter(({ type }) => type === 'file').map(({ path }) => path);
      this.problem.value = undefined;
      this.note.value = noteOf(answer.hasMore === true, answer.total, answer.timed_out === true);
    } catch (error) {
      this.problem.value = messageOf(error);
    }
    this.isSearching.value = false;
  }
}

function noteOf(hasMore: boolean, total: number | undefined, isCut: boolean): string {
  if (isCut) return 'The search took too long and was cut.';
  return hasMore ? `The best ${MAX_RESULTS}${total === undefined ? '' : ` of ${total}`}; type more letters.` : '';
}

/** Where the letters of a query stand in a path; empty where they do not. All in a row count before others, the end of a path before its begin. */
export function matchedLetters(query: string, path: string): ReadonlySet<number> {
  const letters = query.toLowerCase().replaceAll(' ', '').split('');
  const lower = path.toLowerCase();
  const start = lower.lastIndexOf(letters.join(''));
  if (start !== -1) return new Set(letters.map((_, index) => start + index));
  const found = new Set<number>();
  let end = lower.length;
  for (const letter of letters.toReversed()) {
    const index = lower.lastIndexOf(letter, end - 1);
    if (end === 0 || index === -1) return new Set();
    found.add(index);
    end = index;
  }
  return found;
}

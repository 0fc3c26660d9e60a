import { computed, signal } from '@preact/signals';
import { LatestQuestion, type Device } from './device.js';
import { grepFiles } from './grep-rows.js';
import type { GrepMatch } from 'twinlane/client';
import { messageOf } from '../ui/index.js';

/** Lines that are shown on both sides of a match. */
const CONTEXT_LINES = 1;
/** Matches that are asked for. */
const MAX_MATCHES = 500;

/** Finds texts in the files of a workspace. */
export class GrepStore {
  readonly query = signal('');
  readonly glob = signal('');
  readonly isRegex = signal(false);
  readonly isCaseSensitive = signal(false);
  readonly isWholeWord = signal(false);
  readonly isSearching = signal(false);
  readonly problem = signal<string | undefined>(undefined);
  /** What the last search was about; undefined before the first. */
  readonly searched = signal<string | undefined>(undefined);
  readonly summary = signal('');
  private readonly matches = signal<readonly GrepMatch[]>([]);
  readonly files = computed(() => grepFiles(this.matches.value));
  private readonly question: LatestQuestion;

  constructor(device: Device) {
    this.question = new LatestQuestion(device);
  }

  async search(): Promise<void> {
    const { value: query } = this.query;
    if (query === '') return this.clear();
    this.isSearching.value = true;
    try {
      const answer = await this.question.ask('grep_in_files', {
        query,
        is_regex: this.isRegex.value,
        case_sensitive: this.isCaseSensitive.value,
        whole_word: this.isWholeWord.value,
        max_results: MAX_MATCHES,
        context_lines: CONTEXT_LINES,
        ...(this.glob.value === '' ? {} : { glob: this.glob.value }),
      });
      if (!answer) return;
      this.matches.value = answer.matches;
      this.summary.value = summaryOf(answer);
      this.problem.value = undefined;
    } catch (error) {
      this.matches.value = [];
      this.summary.value = '';
      this.problem.value = messageOf(error);
    }
    this.searched.value = query;
    this.isSearching.value = false;
  }

  private clear(): void {
    this.question.forget();
    this.matches.value = [];
    this.searched.value = undefined;
    this.problem.value = undefined;
    this.isSearching.value = false;
  }
}

interface Answer {
  readonly total_matches: number;
  readonly total_files: number;
  readonly truncated: boolean;
  readonly timed_out?: boolean;
}

function summaryOf({ total_matches: matches, total_files: files, truncated, timed_out: isCut }: Answer): string {
  const found =
    matches === 0 ? 'Nothing found' : `${counted(matches, 'match', 'matches')} in ${counted(files, 'file', 'files')}`;
  if (isCut === true) return `${found}; the search took too long and was cut`;
  return truncated ? `${found}; there are more` : found;
}

function counted(number: number, one: string, many: string): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

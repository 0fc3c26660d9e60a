import fuzzysort from 'fuzzysort';

export interface FoundPath {
  /** Relative to the directory that is searched, with `/`. */
  readonly path: string;
  readonly type: 'file' | 'dir';
}

interface Ranked extends FoundPath {
  readonly score: number;
}

/** Candidates beyond twice the bound before they are sorted out. */
const SPARE = 500;

/** The paths that fit a query best, of any number that pass by. Without a query all fit, by name. */
export class RankedPaths {
  private candidates: Ranked[] = [];
  private fitting = 0;

  /** @param bound how many are kept */
  constructor(
    private readonly query: string,
    private readonly bound: number,
  ) {}

  /** How many fit, those not kept among them. */
  get total(): number {
    return this.fitting;
  }

  /** Kept, the best first. */
  get paths(): readonly FoundPath[] {
    this.sort();
    return this.candidates.map(({ path, type }) => ({ path, type }));
  }

  add(paths: readonly FoundPath[], isShown: (path: FoundPath) => boolean): void {
    const fitting = this.scored(paths).filter(isShown);
    this.fitting += fitting.length;
    this.candidates.push(...fitting);
    // Not for every few that come: most of the work would be done again and again.
    if (this.candidates.length > 2 * this.bound + SPARE) this.sort();
  }

  private sort(): void {
    this.candidates = this.candidates.toSorted(byRank).slice(0, this.bound);
  }

  private scored(paths: readonly FoundPath[]): Ranked[] {
    if (this.query.trim() === '') return paths.map((path) => ({ ...path, score: 0 }));
    const results = fuzzysort.go(this.query, paths, { key: 'path', limit: 0, threshold: 0 });
    return results.map(({ obj, score }) => ({ ...obj, score }));
  }
}

/** Of those that fit equally well by name: the same question has the same answer. */
function byRank(a: Ranked, b: Ranked): number {
  if (a.score !== b.score) return b.score - a.score;
  return a.path < b.path ? -1 : Number(a.path > b.path);
}

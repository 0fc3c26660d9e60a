/** What of `sessionStorage` is used. */
export interface TextStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** Lines that are kept of one environment. */
const MOST = 200;
/** UTF-16 units of one that is kept. */
const LONGEST = 10_000;

/** What was typed for an environment, as long as the browser's tab is open. The newest is the last. */
export class InputHistory {
  private lines: readonly string[];
  /** Counted from the end; 0: what is being typed. */
  private back = 0;
  private draft = '';

  constructor(
    private readonly store: TextStore,
    private readonly key: string,
  ) {
    this.lines = read(store.getItem(key));
  }

  add(line: string): void {
    this.back = 0;
    this.draft = '';
    if (line.trim() === '' || line.length > LONGEST || this.lines.at(-1) === line) return;
    this.lines = [...this.lines, line].slice(-MOST);
    try {
      this.store.setItem(this.key, JSON.stringify(this.lines));
    } catch (error) {
      // A full store is no reason not to send what was typed; this page still knows it.
      if (!(error instanceof DOMException)) throw error;
    }
  }

  /** The line before the one that is shown. @param shown what stands there now; undefined: there is none */
  older(shown: string): string | undefined {
    if (this.back === 0) this.draft = shown;
    const line = this.lines.at(-this.back - 1);
    if (line !== undefined) this.back++;
    return line;
  }

  /** The line behind the one that is shown, at last what was being typed. */
  newer(): string | undefined {
    if (this.back === 0) return undefined;
    this.back--;
    return this.back === 0 ? this.draft : this.lines.at(-this.back);
  }

  /** Somebody types: what stands there is a line of its own from now on. */
  typed(): void {
    this.back = 0;
  }
}

function read(kept: string | null): readonly string[] {
  if (kept === null) return [];
  try {
    const lines: unknown = JSON.parse(kept);
    return Array.isArray(lines) ? lines.filter((line: unknown) => typeof line === 'string') : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

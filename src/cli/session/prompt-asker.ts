import type { Asker } from '../attach/asker.js';
import { afterTyped } from '../attach/drop-typed.js';
import type { Terminal } from './terminal.js';

const QUESTION = 'It waits for an answer: type y or n, and Enter.';

/**
 * Asks at the prompt, for what nobody here has started. A single key would not do: somebody may be typing when the question
 * comes.
 */
export class PromptAsker implements Asker {
  readonly canAsk = true;
  private readonly open: ((isYes: boolean | undefined) => void)[] = [];

  constructor(private readonly terminal: Pick<Terminal, 'output' | 'forgetLines'>) {}

  /** Whether something waits for an answer. */
  get waiting(): boolean {
    return this.open.length > 0;
  }

  async ask(signal: AbortSignal): Promise<boolean | undefined> {
    await afterTyped();
    this.terminal.forgetLines();
    await this.terminal.output.line(QUESTION);
    return new Promise((resolve) => {
      const settle = (isYes: boolean | undefined): void => {
        const at = this.open.indexOf(settle);
        if (at >= 0) this.open.splice(at, 1);
        resolve(isYes);
      };
      if (signal.aborted) return resolve(undefined);
      this.open.push(settle);
      signal.addEventListener('abort', () => settle(undefined), { once: true });
    });
  }

  /** Takes a line as the answer to the question that was asked last. */
  async answer(line: string): Promise<void> {
    const said = /^\s*(y|yes|n|no)\s*$/i.exec(line)?.[1]?.toLowerCase();
    if (said === undefined) return this.terminal.output.line(QUESTION);
    this.open.at(-1)?.(said.startsWith('y'));
  }
}

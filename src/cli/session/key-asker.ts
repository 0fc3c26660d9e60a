import type { Asker } from '../attach/asker.js';
import { afterTyped } from '../attach/drop-typed.js';
import type { Terminal } from './terminal.js';

const QUESTION = 'Allow? [y/N] ';

/** Asks for one key. Only a key for it allows; keys pressed before the question was shown do not count. */
export class KeyAsker implements Asker {
  readonly canAsk = true;

  constructor(private readonly terminal: Terminal) {}

  async ask(signal: AbortSignal): Promise<boolean | undefined> {
    const { output } = this.terminal;
    await afterTyped();
    await output.write(QUESTION);
    const key = await this.terminal.readKey(['y', 'n', 'return', 'enter', 'escape'], signal, QUESTION);
    const isYes = key === 'y';
    await output.write(key === undefined ? '\n' : isYes ? 'yes\n' : 'no\n');
    return key === undefined ? undefined : isYes;
  }
}

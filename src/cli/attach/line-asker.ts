import { createInterface } from 'node:readline/promises';
import type { CliIo } from '../cli-io.js';
import type { Output } from '../output.js';
import type { Asker } from './asker.js';
import { dropTyped } from './drop-typed.js';

/** Asks for a line. The terminal edits it itself, and Ctrl-C stays a signal. What was typed before does not count. */
export class LineAsker implements Asker {
  constructor(
    private readonly io: CliIo,
    private readonly stderr: Output,
  ) {}

  get canAsk(): boolean {
    return this.io.stdin.isTTY === true;
  }

  async ask(signal: AbortSignal): Promise<boolean | undefined> {
    const { stdin: input, stderr: output } = this.io;
    await dropTyped(input);
    if (input.readableEnded) return false;
    const lines = createInterface({ input, output, terminal: false });
    try {
      // The end of input (Ctrl-D) is an answer too: nobody said yes.
      const ended = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
      const said = await Promise.race([lines.question('Allow? [y/N] ', { signal }), ended]);
      return /^y(es)?$/i.test(said.trim());
    } catch (error) {
      if (!signal.aborted) throw error;
      await this.stderr.line('');
      return undefined;
    } finally {
      lines.close();
    }
  }
}

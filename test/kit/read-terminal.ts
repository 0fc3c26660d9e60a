import type { RemoteTerminal } from '../../src/client/index.js';

/** Reads until the output holds something. @returns everything read by then */
export async function readUntil(terminal: RemoteTerminal, wanted: RegExp): Promise<string> {
  let text = '';
  while (!wanted.test(text)) {
    const { value, done } = await terminal.output.next();
    if (done) throw new Error(`the terminal ended before ${wanted}: ${text.slice(-500)}`);
    text += value;
  }
  return text;
}

/** Reads to the end. */
export async function readRest(terminal: RemoteTerminal): Promise<string> {
  let text = '';
  for await (const piece of terminal.output) text += piece;
  return text;
}

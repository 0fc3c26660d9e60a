import path from 'node:path';
import type { ToolCall } from './mapping/tool-call.js';
import { textIn } from './mapping/read.js';

/** What a person has allowed in a turn: what the agent then has its client do for it is not asked about again. */
export class Grants {
  private readonly calls: ToolCall[] = [];

  add(call: ToolCall): void {
    this.calls.push(call);
  }

  /** @param file absolute; relative paths of a call start from `cwd` */
  covers(file: string, cwd: string): boolean {
    return this.calls.some(({ paths }) => [...paths].some((allowed) => path.resolve(cwd, allowed) === file));
  }

  /** @param line the command with its arguments */
  allows(line: string): boolean {
    return this.calls.some(({ input, title }) => textIn(input, 'command') === line || title === line);
  }
}

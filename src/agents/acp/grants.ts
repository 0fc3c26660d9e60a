import path from 'node:path';
import type { Access } from '../../protocol/index.js';
import { type Raw, textIn } from './mapping/read.js';

/** What was allowed, as it was when somebody was asked: the agent may say other things of the call afterwards. */
interface Grant {
  readonly access: Access;
  readonly paths: readonly string[];
  readonly line: string | undefined;
}

/**
 * What a person, or the mode, has allowed in a turn: what the agent then has its client do for it is not asked about again, as
 * long as it is no more than that.
 */
export class Grants {
  private readonly grants: Grant[] = [];

  /**
   * @param paths that the question was about
   * @param input what was shown: its `command`, or where there is no input its `title`
   */
  add(access: Access, paths: Iterable<string>, input: Raw): void {
    this.grants.push({ access, paths: [...paths], line: textIn(input, 'command') ?? textIn(input, 'title') });
  }

  /** Whether a file may be written. @param file absolute; relative paths of a call start from `cwd` */
  covers(file: string, cwd: string): boolean {
    return this.grants.some(
      ({ access, paths }) => access !== 'read' && paths.some((allowed) => path.resolve(cwd, allowed) === file),
    );
  }

  /** Whether a command may run. @param line the command with its arguments */
  allows(line: string): boolean {
    return this.grants.some((grant) => grant.access === 'execute' && grant.line === line);
  }
}

import type { Attachment } from '../../../client/index.js';
import type { Surroundings } from '../surroundings.js';
import type { Terminal } from '../terminal.js';

/** What a session command works with. */
export interface SessionContext {
  readonly attachment: Attachment;
  readonly terminal: Terminal;
  readonly surroundings: Surroundings;
  /** Every command there is, those of the agent left out. */
  readonly commands: readonly SessionCommand[];
  /** Ends the session, as Ctrl-D does. */
  readonly leave: () => void;
  /** Aborted when the session is over, or the person presses Ctrl-C while the command runs. */
  readonly signal: AbortSignal;
}

/** What there is while a line is typed. */
export type CompletionContext = Omit<SessionContext, 'signal' | 'leave'>;

/** One command of a session, typed as `/name arguments`. Everything but its name and its file comes from the registry. */
export interface SessionCommand {
  /** Without the slash: small letters. */
  readonly name: string;
  /** What stands behind the name, for help: `[path]`. */
  readonly usage?: string;
  /** One line for help. */
  readonly description: string;
  /**
   * What may stand at the end of the arguments, for the Tab key; the part after the last blank is replaced by it.
   *
   * @param args what has been typed behind the name
   */
  complete?(args: string, context: CompletionContext): readonly string[] | Promise<readonly string[]>;
  /**
   * Runs it; the prompt comes back afterwards. What it throws is shown as the reason of its failure.
   *
   * @param args what was typed behind the name, without blanks around it
   */
  run(args: string, context: SessionContext): Promise<void>;
}

import type {
  Access,
  AgentStatus,
  ApprovalDecision,
  Delta,
  InputMessage,
  LoopState,
  PermissionMode,
  Runtime,
  StopReason,
  ToolRequest,
} from '../protocol/index.js';

/** What an agent wants to do, as a person is asked about it. */
export type ToolQuestion = Omit<ToolRequest, 'subtype' | 'permission_suggestions' | 'blocked_path'> &
  Partial<Pick<ToolRequest, 'permission_suggestions' | 'blocked_path'>> & {
    /** What it does to the machine; the mode decides by it whether a person is asked. Default: `execute`. */
    readonly access?: Access;
  };

/** What an agent is busy with; the conversation itself says when it waits for a person. */
export type AgentActivity = Exclude<LoopState, 'WAITING_ON_APPROVAL' | 'WAITING_ON_INPUT'>;

/**
 * One turn, as its agent sees it: an input and the means to answer it. Once the turn has ended nothing that is called
 * here has an effect any more (reliability C22).
 *
 * @publicApi
 */
export interface AgentTurn {
  readonly runtime: Runtime;
  readonly turnId: string;
  readonly runId: string;
  readonly messages: readonly InputMessage[];
  /** Working directory: absolute, inside the workspace, links followed. */
  readonly cwd: string;
  /** The permission mode as it is now; it may change while a turn lives. */
  readonly mode: PermissionMode;
  /** Aborted when the turn is to end: stop all work, also processes, then return. */
  readonly signal: AbortSignal;
  /**
   * Emits a `stream_delta`. `run_id`, `seq_id`, `date` and `type` are added. A `stop_reason` other than
   * `requires_approval` is left out: the conversation emits the one that ends the turn.
   */
  emit(delta: Delta): void;
  /** Resolves when there is room for more. Whoever can pause awaits it before producing more. */
  ready(): Promise<void>;
  /** Says what the agent is busy with, for `update_loop_status`. */
  progress(activity: AgentActivity, executingToolCallIds?: readonly string[]): void;
  /**
   * Asks a person, where the mode wants it for this access; else the answer is "allow" at once, and nobody is asked.
   *
   * @throws TurnEndedError when the turn is aborted or ends before somebody answers
   */
  askApproval(question: ToolQuestion): Promise<ApprovalDecision>;
}

/** How a turn ended. */
export interface TurnEnd {
  /** `end_turn`: done; `denied`: a person refused what the turn needed; `error`, `cancelled`, or a reason of the agent's own. */
  readonly stopReason: StopReason;
  /** For a person: what went wrong and what to do. With `error` it is also told as a `loop_error`. */
  readonly error?: string;
}

/**
 * What executes turns. A class with `@AgentProvider('name')` in any module of the application is found by its name.
 *
 * @publicApi
 */
export interface Agent {
  /** What it has to tell of a runtime beside its turns, for the device status; undefined when nothing. */
  statusOf?(runtime: Runtime): AgentStatus | undefined;
  /** Has `changed` called whenever `statusOf` says something else than before. */
  watchStatus?(changed: (runtime: Runtime) => void): void;
  /**
   * Changes the way in which it works for a runtime; `statusOf` says which there are.
   *
   * @param mode id of one of them
   * @throws AgentModeError
   */
  setMode?(runtime: Runtime, mode: string): Promise<void>;
  /** Runs one turn to its end. Called for several runtimes at once; never twice at once for one. What it throws ends the turn with `error`. */
  start(turn: AgentTurn): Promise<TurnEnd>;
}

/** An agent works on in the mode it was in; the message says why, and what to do. */
export class AgentModeError extends Error {
  override readonly name = 'AgentModeError';
}

/** The turn ended before a person answered. An agent lets it through: the conversation knows. */
export class TurnEndedError extends Error {
  override readonly name = 'TurnEndedError';

  constructor() {
    super('The turn ended before somebody answered.');
  }
}

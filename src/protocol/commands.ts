import type { PermissionMode } from './events.js';
import { isRecord, type Frame } from './frames.js';
import type { Runtime } from './runtime.js';

/** One message of an input. `content` is text or the protocol's content parts. */
export interface InputMessage {
  readonly role: string;
  readonly content: unknown;
  /** Lets a device recognise a repeated input: the same id is accepted once. */
  readonly client_message_id?: string;
}

/** New messages for the agent. */
export interface CreateMessagePayload {
  readonly kind: 'create_message';
  readonly messages: readonly InputMessage[];
}

/** What a person says to a `control_request`. */
export interface ApprovalDecision {
  readonly behavior: 'allow' | 'deny';
  readonly message?: string;
  readonly updated_input?: Readonly<Record<string, unknown>>;
  /** Ids of the `permission_suggestions` that were chosen. */
  readonly selected_permission_suggestion_ids?: readonly string[];
}

/** The answer to a `control_request`. */
export interface ApprovalResponsePayload {
  readonly kind: 'approval_response';
  readonly request_id: string;
  readonly decision: ApprovalDecision;
}

/** What an `input` brings. */
export type InputPayload = CreateMessagePayload | ApprovalResponsePayload;

/** Of a command that the permission mode may refuse. */
export interface InMode {
  /** The conversation whose mode counts. Default in the client library: the one that is followed; where there is none, the device's mode. */
  readonly runtime?: Runtime;
}

/** Commands and their fields, client to device (protocol section 3). */
export interface CommandFields {
  runtime_start: {
    readonly agent_id?: string | null;
    readonly create_agent?: unknown;
    readonly conversation_id?: string;
    readonly create_conversation?: unknown;
    readonly cwd?: string;
    readonly mode?: PermissionMode;
    readonly client_info?: unknown;
    readonly recover_approvals?: boolean;
    readonly force_device_status?: boolean;
  };
  input: { readonly runtime: Runtime; readonly payload: InputPayload };
  sync: { readonly runtime: Runtime; readonly recover_approvals?: boolean; readonly force_device_status?: boolean };
  abort_message: { readonly runtime: Runtime; readonly run_id?: string };
  remove_queue_item: { readonly runtime: Runtime; readonly item_id: string };
  resume_queue: { readonly runtime: Runtime };
  change_device_state: {
    readonly runtime: Runtime;
    readonly payload: { readonly mode?: PermissionMode; readonly cwd?: string; readonly agent_mode?: string };
  };
  execute_command: { readonly runtime: Runtime; readonly command_id: string; readonly args?: unknown };
  app_server_info: object;
  list_in_directory: {
    readonly path: string;
    readonly include_files?: boolean;
    readonly limit?: number;
    readonly offset?: number;
  };
  get_tree: { readonly path: string; readonly depth: number };
  read_file: {
    readonly path: string;
    readonly encoding?: 'utf8' | 'base64';
    /** Bytes; ours. */
    readonly offset?: number;
    /** Bytes; ours. */
    readonly length?: number;
  };
  write_file: InMode & {
    readonly path: string;
    readonly content: string;
    /** `content_hash` of what is to be replaced, or `absent`: anything else fails with `FILE_CHANGED`; ours. */
    readonly expected_hash?: string;
  };
  edit_file: InMode & {
    readonly file_path: string;
    readonly old_string: string;
    readonly new_string: string;
    readonly replace_all?: boolean;
    readonly expected_replacements?: number;
  };
  watch_file: { readonly path: string };
  unwatch_file: { readonly path: string };
  search_files: {
    readonly query: string;
    readonly max_results?: number;
    /** Ours. */
    readonly offset?: number;
    readonly cwd?: string;
  };
  grep_in_files: {
    readonly query: string;
    readonly is_regex?: boolean;
    readonly case_sensitive?: boolean;
    readonly whole_word?: boolean;
    readonly glob?: string;
    readonly cwd?: string;
    readonly max_results?: number;
    readonly context_lines?: number;
  };
  search_branches: { readonly query?: string; readonly cwd?: string };
  checkout_branch: InMode & { readonly branch: string; readonly create?: boolean; readonly cwd?: string };
}

/** The commands of the protocol; devices may know others. */
export type CommandType = keyof CommandFields;

/** What a relay says first on a control socket of a client that asked for it with `requests=1`: `request_ids` that it still has (protocol section 4). */
export const REQUESTS_IN_FLIGHT = 'requests_in_flight';

/** The type of a command's one answer. */
export function answerTypeOf(command: string): string {
  return command === 'input' ? 'input_accepted' : `${command}_response`;
}

/** The command that a frame of this type answers; undefined when it is no answer. */
export function commandOf(answer: string): string | undefined {
  if (answer === 'input_accepted') return 'input';
  return answer.endsWith('_response') ? answer.slice(0, -'_response'.length) : undefined;
}

/** Whether a frame of this type can only be an answer to a command. */
export function isAnswerType(type: string): boolean {
  return commandOf(type) !== undefined;
}

/** Commands that nobody answers: their effect shows in `terminal_*` frames (protocol section 3). */
const UNANSWERED: ReadonlySet<string> = new Set([
  'terminal_spawn',
  'terminal_input',
  'terminal_resize',
  'terminal_kill',
  'terminal_ack',
  'terminal_rewind',
]);

export function isAnswered(command: string): boolean {
  return !UNANSWERED.has(command);
}

/**
 * Commands that may always come again: those that only read, and those whose effect names what it is about, so that it happens
 * once. What sets a state is not among them (`write_file`, `change_device_state`): somebody else may have changed it meanwhile.
 */
const REPEATABLE: ReadonlySet<string> = new Set([
  'app_server_info',
  'get_tree',
  'grep_in_files',
  'list_in_directory',
  'read_file',
  'remove_queue_item',
  'search_branches',
  'search_files',
  'sync',
  'unwatch_file',
  'watch_file',
]);

/**
 * Whether a command may come again and has its effect once. Besides those that always may: inputs whose messages all have an
 * id, and answers to approvals, are accepted once, however often they come (protocol section 3); an abort that names its run
 * leaves the next turn alone (reliability C22).
 */
export function isRepeatable(command: Frame): boolean {
  if (command.type === 'abort_message') return typeof command['run_id'] === 'string';
  if (command.type !== 'input') return REPEATABLE.has(command.type);
  const payload = command['payload'];
  if (!isRecord(payload)) return false;
  const { kind, messages } = payload;
  if (kind === 'approval_response') return true;
  return (
    Array.isArray(messages) &&
    messages.every((message: unknown) => isRecord(message) && message['client_message_id'] !== undefined)
  );
}

/**
 * Commands that read nothing but what the relay knows already: what a client that only watches may send. Whatever is not named here,
 * new commands of devices too, steers.
 */
const WATCHING: ReadonlySet<string> = new Set(['sync']);

export function isWatching(command: string): boolean {
  return WATCHING.has(command);
}

/** An error answer: the type its success would have, so that stock clients recognise it (protocol section 3). */
export function errorAnswer(command: string, requestId: string | undefined, code: string, message: string) {
  return {
    type: answerTypeOf(command),
    ...(requestId === undefined ? {} : { request_id: requestId }),
    ...(command === 'input' ? { accepted: false } : {}),
    success: false,
    error: message,
    error_code: code,
  };
}

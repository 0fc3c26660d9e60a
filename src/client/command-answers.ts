import type { CommandFields, CommandType, Frame, GrepMatch, Runtime } from '../protocol/index.js';

/** What each command answers when it succeeds (protocol section 3). */
export interface CommandAnswers extends Record<CommandType, object> {
  runtime_start: {
    readonly runtime: Runtime;
    readonly created?: { readonly agent?: boolean; readonly conversation?: boolean };
    readonly agent?: unknown;
    readonly conversation?: unknown;
  };
  input: { readonly accepted: true; readonly disposition?: 'started' | 'queued' };
  sync: object;
  abort_message: { readonly aborted: boolean };
  remove_queue_item: { readonly item_id: string };
  resume_queue: { readonly resumed?: number };
  change_device_state: object;
  execute_command: { readonly output?: unknown };
  app_server_info: {
    readonly backend?: string;
    readonly protocol_version?: number;
    readonly capabilities?: Readonly<Record<string, unknown>>;
  };
  list_in_directory: {
    readonly path: string;
    readonly folders: readonly string[];
    readonly files?: readonly string[];
    readonly hasMore: boolean;
    readonly total?: number;
  };
  get_tree: {
    readonly path: string;
    readonly entries: readonly { readonly path: string; readonly type: 'file' | 'dir' }[];
    readonly has_more_depth: boolean;
  };
  read_file: {
    readonly path: string;
    readonly content: string;
    readonly encoding?: 'utf8' | 'base64';
    /** Bytes, of a part; ours. */
    readonly length?: number;
    /** Bytes of the whole file, with a part; ours. */
    readonly size?: number;
    /** Of an answer that holds the whole file; ours. */
    readonly content_hash?: string;
  };
  write_file: {
    readonly path: string;
    /** Of what was written; ours. */
    readonly content_hash?: string;
  };
  edit_file: {
    readonly file_path: string;
    readonly message: string;
    readonly replacements: number;
    readonly start_line?: number;
  };
  watch_file: {
    readonly path?: string;
    /** Epoch ms of the last change, null where there is no such file; ours. */
    readonly lastModified?: number | null;
  };
  unwatch_file: { readonly path?: string };
  search_files: {
    readonly files: readonly { readonly path: string; readonly type: 'file' | 'dir' }[];
    /** Ours, as are the next two. */
    readonly total?: number;
    readonly hasMore?: boolean;
    readonly timed_out?: boolean;
  };
  grep_in_files: {
    readonly matches: readonly GrepMatch[];
    readonly total_matches: number;
    readonly total_files: number;
    readonly truncated: boolean;
    /** Ours. */
    readonly timed_out?: boolean;
  };
  search_branches: {
    readonly branches: readonly { readonly name: string; readonly is_current: boolean; readonly is_remote: boolean }[];
    /** Ours. */
    readonly hasMore?: boolean;
  };
  checkout_branch: { readonly branch: string };
}

/** The answer to a command; frames of types this version does not know come as they are. */
export type AnswerOf<T extends string> = Frame & (T extends CommandType ? CommandAnswers[T] : object);

/** The fields of a command; of types this version does not know, any. */
export type FieldsOf<T extends string> = T extends CommandType ? CommandFields[T] : Readonly<Record<string, unknown>>;

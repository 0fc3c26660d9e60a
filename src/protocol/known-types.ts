import { answerTypeOf, REQUESTS_IN_FLIGHT } from './commands.js';
import { isKnownEventType } from './events.js';
import { TOKEN_FRAMES } from './token-renewal.js';

/** Commands of the wire, those that this device does not implement included (protocol section 3). */
export const KNOWN_COMMANDS: readonly string[] = [
  'runtime_start',
  'input',
  'sync',
  'abort_message',
  'remove_queue_item',
  'resume_queue',
  'change_device_state',
  'execute_command',
  'app_server_info',
  'list_in_directory',
  'get_tree',
  'read_file',
  'write_file',
  'edit_file',
  'watch_file',
  'unwatch_file',
  'search_files',
  'grep_in_files',
  'search_branches',
  'checkout_branch',
  'terminal_spawn',
  'terminal_input',
  'terminal_resize',
  'terminal_kill',
];

/** Frames of the wire that are neither commands, nor their answers, nor events. */
export const OTHER_TYPES: readonly string[] = [
  'ping',
  'pong',
  'ack',
  'listener_ready',
  'message',
  'resume_status',
  'resume_gap',
  REQUESTS_IN_FLIGHT,
  'terminal_spawned',
  'terminal_output',
  'terminal_exited',
  'terminal_ack',
  'terminal_rewind',
  'file_changed',
  'file_ops',
  'external_tool_call_request',
  'external_tool_call_response',
  'journals',
  'rewind',
  'journal_gap',
  'chunk',
  'chunk_ack',
  ...TOKEN_FRAMES,
];

const KNOWN: ReadonlySet<string> = new Set([...KNOWN_COMMANDS, ...KNOWN_COMMANDS.map(answerTypeOf), ...OTHER_TYPES]);

/** A frame type that the protocol knows, or `other`: what peers make up must not become names of ours without bound. */
export function knownType(type: string | undefined): string {
  return type !== undefined && (KNOWN.has(type) || isKnownEventType(type)) ? type : 'other';
}

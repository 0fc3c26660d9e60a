import { isRecord, requestIdOf, type AuditDetails, type Frame } from '../../protocol/index.js';
import type { AuditOptions } from './audit.options.js';

/** Characters of one text in an entry. */
const MOST_CHARACTERS = 200;
/** Characters of a type or an id: whoever sends it makes it up. */
const MOST_NAME_CHARACTERS = 64;
/** Tokens of ours: in a command line, say. */
const TOKENS = /\btl_[\w-]{16,}/gi;
/** Looks forward only: a look behind each character would take as long as the square of a text of spaces. */
const BEARER = /(\bbearer\s+)\S+/gi;
const HIDDEN = '[hidden]';

/** What only reads, and what says so often so little that it would bury the rest, such as keys that are typed. */
const NOT_CHANGING: ReadonlySet<string> = new Set([
  'ack',
  'app_server_info',
  'get_tree',
  'grep_in_files',
  'list_in_directory',
  'read_file',
  'search_branches',
  'search_files',
  'sync',
  'terminal_ack',
  'terminal_input',
  'terminal_resize',
  'terminal_rewind',
  'unwatch_file',
  'watch_file',
]);

/** Fields that say what a command is about, of those that have them; never what it writes. A map: a client may name its command `constructor`. */
const FIELDS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    abort_message: ['run_id'],
    checkout_branch: ['branch', 'create', 'cwd'],
    edit_file: ['file_path'],
    execute_command: ['command_id', 'args'],
    get_tree: ['path'],
    list_in_directory: ['path'],
    read_file: ['path'],
    remove_queue_item: ['item_id'],
    runtime_start: ['agent_id', 'mode', 'cwd'],
    terminal_input: ['terminal_id'],
    terminal_kill: ['terminal_id'],
    terminal_spawn: ['terminal_id', 'command', 'args', 'shell', 'cwd'],
    watch_file: ['path'],
    write_file: ['path'],
  }),
);

/** Whether a command changes something, or may: what nobody knows counts as such. */
export function isChanging(type: string): boolean {
  return !NOT_CHANGING.has(type);
}

/** Whether a command only makes things safer: it ends what runs, or denies what asks. Nobody should have to wait with that. */
export function isMakingSafer({ type, payload }: Frame): boolean {
  if (type === 'abort_message' || type === 'terminal_kill') return true;
  if (type !== 'input' || !isRecord(payload) || payload['kind'] !== 'approval_response') return false;
  const { decision } = payload;
  return isRecord(decision) && decision['behavior'] === 'deny';
}

/** What an entry says of a command: what it is about, and how long what it carries is; never what it carries. */
export function commandDetails(
  frame: Frame,
  { inputCharacters }: Pick<AuditOptions, 'inputCharacters'>,
  secrets: readonly string[],
): AuditDetails {
  const details: Record<string, string | number | boolean> = { type: frame.type.slice(0, MOST_NAME_CHARACTERS) };
  const requestId = requestIdOf(frame);
  if (requestId !== undefined) details['requestId'] = shown(requestId, secrets).slice(0, MOST_NAME_CHARACTERS);
  for (const field of FIELDS.get(frame.type) ?? []) add(details, field, frame[field], secrets);
  const { payload } = frame;
  if (frame.type === 'change_device_state' && isRecord(payload))
    for (const field of ['mode', 'cwd', 'agent_mode']) add(details, field, payload[field], secrets);
  const carried = carriedBy(frame);
  if (carried !== undefined) details['characters'] = carried.length;
  if (frame.type === 'input' && isRecord(payload)) {
    add(details, 'kind', payload['kind'], secrets);
    if (carried !== undefined && inputCharacters > 0)
      details['begins'] = shown(carried, secrets).slice(0, inputCharacters);
  }
  return details;
}

/** A text as entries may hold it. */
export function shown(text: string, secrets: readonly string[]): string {
  // A cut must not leave the first half of a secret: what it looks for is shorter than the rest of this.
  let clean = text.slice(0, 2 * MOST_CHARACTERS + LONGEST_SECRET);
  for (const secret of secrets) clean = clean.replaceAll(secret, HIDDEN);
  return clean.replaceAll(TOKENS, HIDDEN).replaceAll(BEARER, `$1${HIDDEN}`).slice(0, MOST_CHARACTERS);
}

/** Characters of the longest secret that is looked for behind what is shown. */
const LONGEST_SECRET = 1_024;

function add(
  details: Record<string, string | number | boolean>,
  field: string,
  value: unknown,
  secrets: readonly string[],
): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'number' || typeof value === 'boolean') details[field] = value;
  else details[field] = shown(typeof value === 'string' ? value : JSON.stringify(value), secrets);
}

/** What a command brings to be written, typed or said. */
function carriedBy({ type, payload, content, new_string: newString, data }: Frame): string | undefined {
  if (type === 'write_file' && typeof content === 'string') return content;
  if (type === 'edit_file' && typeof newString === 'string') return newString;
  if (type === 'terminal_input' && typeof data === 'string') return data;
  if (type !== 'input' || !isRecord(payload) || !Array.isArray(payload['messages'])) return undefined;
  return payload['messages'].map(textOf).join('\n');
}

function textOf(message: unknown): string {
  const content = isRecord(message) ? message['content'] : undefined;
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .map((part: unknown) => (isRecord(part) && typeof part['text'] === 'string' ? part['text'] : ''))
    .join('');
}

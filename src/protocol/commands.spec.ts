import { describe, expect, it } from 'vitest';
import { isRepeatable } from './commands.js';

const input = (payload: unknown) => ({ type: 'input', payload });
const message = (id?: string) => ({
  role: 'user',
  content: 'hi',
  ...(id === undefined ? {} : { client_message_id: id }),
});
const decision = { behavior: 'allow' };

describe('isRepeatable', () => {
  it.each([
    ['app_server_info', {}],
    ['sync', {}],
    ['list_in_directory', { path: '.' }],
    ['get_tree', { path: '.', depth: 1 }],
    ['read_file', { path: 'a' }],
    ['search_files', { query: 'a' }],
    ['grep_in_files', { query: 'a' }],
    ['search_branches', { query: 'a' }],
    ['watch_file', { path: 'a' }],
    ['unwatch_file', { path: 'a' }],
    ['remove_queue_item', { item_id: 'i' }],
    ['abort_message', { run_id: 'run-1' }],
  ])('%s %j may come again', (type, fields) => {
    expect(isRepeatable({ type, ...fields })).toBe(true);
  });

  it.each([
    // Without a run it could end the next turn (reliability C22).
    ['abort_message', {}],
    ['change_device_state', { payload: { mode: 'strict' } }],
    ['write_file', { path: 'a', content: 'b' }],
    ['edit_file', { file_path: 'a', old_string: 'b', new_string: 'c' }],
    ['checkout_branch', { branch: 'main' }],
    ['execute_command', { command_id: 'clear' }],
    ['resume_queue', {}],
    ['runtime_start', { agent_id: null }],
    ['terminal_input', { data: 'x' }],
    ['no_such_command', {}],
  ])('%s %j may not', (type, fields) => {
    expect(isRepeatable({ type, ...fields })).toBe(false);
  });

  it('C20 C21 inputs are accepted once by the ids of their messages, and answers to approvals by theirs', () => {
    const create = (...messages: unknown[]) => input({ kind: 'create_message', messages });
    expect(isRepeatable(create(message('cm-1'), message('cm-2')))).toBe(true);
    expect(isRepeatable(create(message('cm-1'), message()))).toBe(false);
    expect(isRepeatable(input({ kind: 'approval_response', request_id: 'p1', decision }))).toBe(true);
    for (const payload of [undefined, 'text', {}, { kind: 'other', messages: 'none' }])
      expect(isRepeatable(input(payload))).toBe(false);
  });
});

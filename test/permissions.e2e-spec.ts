import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type Attachment, CommandError, isEvent } from '../src/client/index.js';
import type { ListenerModuleOptions } from '../src/listener/index.js';
import { PERMISSION_MODES, type PermissionMode } from '../src/protocol/index.js';
import { GitRepository } from './kit/git-repository.js';
import { readUntil } from './kit/read-terminal.js';
import { Twinlane } from './kit/twinlane.js';

let twinlane: Twinlane;
afterEach(async () => {
  vi.unstubAllEnvs();
  await twinlane.close();
});

async function attach(listener: Partial<ListenerModuleOptions>): Promise<Attachment> {
  twinlane = await Twinlane.start({ listener });
  return twinlane.attach();
}
const at = (...names: string[]): string => path.join(twinlane.workspace, ...names);

/** What a command was refused with; undefined when it was done. */
async function refusal(attachment: Attachment, type: string, fields: Readonly<Record<string, unknown>>) {
  try {
    await attachment.command(type, fields);
    return undefined;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { code: error.code, message: error.message };
  }
}

/** By mode: whether a command that writes is done, and whether the agent's command line is asked. */
const MODES: Readonly<Record<PermissionMode, { readonly writes: boolean; readonly asks: boolean }>> = {
  unrestricted: { writes: true, asks: false },
  acceptEdits: { writes: true, asks: true },
  standard: { writes: true, asks: true },
  strict: { writes: false, asks: true },
};

describe.each(PERMISSION_MODES)('in mode %s', (mode) => {
  it('commands do what it allows, and say what to do where it does not', async () => {
    const attachment = await attach({ mode });
    await writeFile(at('notes.txt'), 'old');
    expect(await refusal(attachment, 'read_file', { path: 'notes.txt' })).toBeUndefined();
    expect(await refusal(attachment, 'list_in_directory', { path: '.' })).toBeUndefined();
    const write = await refusal(attachment, 'write_file', { path: 'notes.txt', content: 'new' });
    const edit = await refusal(attachment, 'edit_file', { file_path: 'notes.txt', old_string: 'w', new_string: 't' });
    if (MODES[mode].writes) {
      expect([write, edit]).toEqual([undefined, undefined]);
      expect(await readFile(at('notes.txt'), 'utf8')).toBe('net');
      return;
    }
    const message =
      'In mode strict no command of a client changes files. Have the agent do it and approve it, or start the listener with another --mode (TWINLANE_MODE).';
    const refused = { code: 'ACCESS_REFUSED', message };
    expect([write, edit]).toEqual([refused, refused]);
    expect(await readFile(at('notes.txt'), 'utf8')).toBe('old');
  });

  it('the shell agent asks, or does not', async () => {
    const attachment = await attach({ mode });
    let asked = 0;
    for await (const frame of await attachment.turn('echo done > made'))
      if (frame.type === 'control_request') {
        asked++;
        await attachment.answerApproval(String(frame['request_id']), { behavior: 'allow' });
      }
    expect(asked).toBe(MODES[mode].asks ? 1 : 0);
    expect(await readFile(at('made'), 'utf8')).toBe('done\n');
  });
});

describe('a client’s commands go by the mode of the conversation that it follows', () => {
  const NEEDS: readonly (readonly [type: string, fields: Readonly<Record<string, unknown>>])[] = [
    ['write_file', { path: 'notes.txt', content: 'new' }],
    ['edit_file', { file_path: 'notes.txt', old_string: 'e', new_string: 'o' }],
    ['checkout_branch', { branch: 'other', create: true }],
  ];

  async function inConversation(device: PermissionMode, mode: PermissionMode): Promise<Attachment> {
    const attachment = await attach({ mode: device });
    await writeFile(at('notes.txt'), 'old');
    GitRepository.create(twinlane.workspace);
    const { runtime } = attachment;
    if (!runtime) throw new Error('nothing is followed');
    await attachment.command('change_device_state', { runtime, payload: { mode } });
    return attachment;
  }
  const codes = (attachment: Attachment, more: object = {}) =>
    Promise.all(NEEDS.map(async ([type, fields]) => (await refusal(attachment, type, { ...fields, ...more }))?.code));

  it('which refuses what the device’s would allow', async () => {
    const attachment = await inConversation('unrestricted', 'strict');
    expect(await codes(attachment)).toEqual(NEEDS.map(() => 'ACCESS_REFUSED'));
    await expect(attachment.openTerminal({ cols: 80, rows: 24 })).rejects.toThrow('In mode strict');
    expect(await readFile(at('notes.txt'), 'utf8')).toBe('old');
    expect(await refusal(attachment, 'read_file', { path: 'notes.txt' })).toBeUndefined();
  });

  it('which allows what the device’s would refuse, typing into a terminal too', async () => {
    const attachment = await inConversation('strict', 'standard');
    const terminal = await attachment.openTerminal({ cols: 80, rows: 24, command: 'read line; echo "got $line"' });
    terminal.write('this\n');
    expect(await readUntil(terminal, /got this/)).toContain('got this');
    expect(await codes(attachment)).toEqual(NEEDS.map(() => undefined));
  });

  it('unless the client names another one', async () => {
    const attachment = await inConversation('standard', 'strict');
    const runtime = { agent_id: null, conversation_id: 'nobody-has-it' };
    expect(await codes(attachment, { runtime })).toEqual(NEEDS.map(() => undefined));
  });
});

describe('what the device keeps to itself', () => {
  it('is neither read nor written nor listed, in any mode, also through links', async () => {
    const attachment = await attach({ mode: 'unrestricted' });
    await mkdir(at('.ssh'));
    await Promise.all(['.env', '.env.example', '.ssh/id', 'open.txt'].map((name) => writeFile(at(name), 'secret')));
    await symlink('.env', at('innocent.txt'));
    for (const [type, fields] of [
      ['read_file', { path: '.env' }],
      ['read_file', { path: 'innocent.txt' }],
      ['read_file', { path: '.ssh/id' }],
      ['write_file', { path: 'sub/.env.local', content: '' }],
      ['write_file', { path: '.git/hooks/pre-commit', content: '' }],
      ['edit_file', { file_path: '.env', old_string: 'secret', new_string: '' }],
      ['list_in_directory', { path: '.ssh' }],
      ['get_tree', { path: '.ssh', depth: 1 }],
      ['change_device_state', { runtime: attachment.runtime, payload: { cwd: '.ssh' } }],
    ] as const) {
      const said = await refusal(attachment, type, fields);
      expect(said).toMatchObject({ code: 'PATH_DENIED', message: expect.stringContaining('TWINLANE_DENY') });
    }
    const { folders, files } = await attachment.command('list_in_directory', { path: '.', include_files: true });
    expect([folders, files]).toEqual([[], ['.env.example', 'innocent.txt', 'open.txt']]);
    const { entries } = await attachment.command('get_tree', { path: '.', depth: 3 });
    expect(entries.map((entry) => entry.path)).toEqual(['.env.example', 'innocent.txt', 'open.txt']);
  });

  it('is what its patterns say', async () => {
    const attachment = await attach({ deny: ['*.txt'] });
    await writeFile(at('.env'), 'a=1');
    expect(await refusal(attachment, 'read_file', { path: '.env' })).toBeUndefined();
    expect(await refusal(attachment, 'read_file', { path: 'a.txt' })).toMatchObject({ code: 'PATH_DENIED' });
  });
});

it('programs are given the variables that are named, and never the token', async () => {
  for (const [name, value] of Object.entries({ TWINLANE_TOKEN: 'a-token', MY_SECRET: 'not this', MY_KEY: 'this' }))
    vi.stubEnv(name, value);
  const attachment = await attach({ permissions: { childEnv: ['PATH', 'MY_KEY', 'TWINLANE_*'] } });
  let output = '';
  for await (const frame of await attachment.turn('env'))
    if (isEvent(frame, 'stream_delta') && typeof frame.delta['tool_return'] === 'string')
      output += frame.delta['tool_return'];
  expect(output).toContain('MY_KEY=this\n');
  expect(output).not.toMatch(/MY_SECRET|TWINLANE_TOKEN/);
});

it('a question that nobody answers in time is told as expired, and its turn ends', async () => {
  const attachment = await attach({ mode: 'standard', conversations: { approvalTimeoutMs: 20 } });
  const outcomes: unknown[] = [];
  const turn = await attachment.turn('echo never');
  for await (const frame of turn) if (frame.type === 'control_request_resolved') outcomes.push(frame['outcome']);
  expect(outcomes).toEqual(['expired']);
  expect(turn.outcome).toMatchObject({
    stop_reason: 'denied',
    error: expect.stringContaining('Nobody answered within'),
  });
});

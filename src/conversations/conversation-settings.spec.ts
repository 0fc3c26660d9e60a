import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConversationBench } from '../../test/kit/conversation-bench.js';
import { AgentModeError } from '../agents/index.js';
import { PathRefusedError } from '../workspace/index.js';

let bench: ConversationBench;
beforeEach(async () => (bench = await ConversationBench.open()));
afterEach(() => bench.close());

describe('mode and working directory', () => {
  it('show in the device status', async () => {
    await mkdir(path.join(bench.root, 'sub'));
    const conversation = bench.start();
    await conversation.configure({ mode: 'unrestricted', cwd: 'sub' });
    conversation.replay();
    expect(bench.emitter.recorded.map(({ type }) => type)).toEqual([
      'update_device_status',
      'update_loop_status',
      'update_queue',
      'update_subagent_state',
    ]);
    expect(bench.emitter.recorded[0]?.['device_status']).toMatchObject({
      current_connection_id: 'conn-1',
      connection_name: 'test',
      is_online: true,
      is_processing: false,
      current_permission_mode: 'unrestricted',
      current_working_directory: path.join(bench.root, 'sub'),
      git_context: null,
    });
  });

  it('change both or neither; unknown modes are refused by name', async () => {
    const conversation = bench.start();
    await expect(conversation.configure({ mode: 'yolo', cwd: '.' })).rejects.toThrow(
      'no mode "yolo"; use one of: unrestricted, acceptEdits, standard, strict',
    );
    await expect(conversation.configure({ mode: 'unrestricted', cwd: 'missing' })).rejects.toThrow('ENOENT');
    await writeFile(path.join(bench.root, 'file'), '');
    await expect(conversation.configure({ cwd: 'file' })).rejects.toThrow('not a directory');
    expect([conversation.mode, conversation.cwd]).toEqual(['standard', bench.root]);
  });

  it('C35 the working directory never leaves the workspace', async () => {
    const conversation = bench.start();
    await symlink('/', path.join(bench.root, 'out'));
    for (const cwd of ['..', '/', 'out', 'out/tmp', `${bench.root}/../..`])
      await expect(conversation.configure({ cwd })).rejects.toBeInstanceOf(PathRefusedError);
  });
});

describe('the agent’s own mode', () => {
  const modes = ['build', 'plan'].map((id) => ({ id, name: id }));

  it('is changed by the agent', async () => {
    bench.agent.status = { current_mode: 'build', modes };
    await bench.start().setAgentMode('plan');
    expect(bench.agent.modes).toEqual(['plan']);
  });

  it('is refused where there is none of that name, or the agent does not change it', async () => {
    const conversation = bench.start();
    const refused = (code: string, words: string) => ({ code, message: expect.stringContaining(words) });
    await expect(conversation.setAgentMode('plan')).rejects.toMatchObject(
      refused('MODE_UNKNOWN', 'with its first turn'),
    );
    bench.agent.status = { modes };
    await expect(conversation.setAgentMode('x')).rejects.toMatchObject(
      refused('MODE_UNKNOWN', 'use one of: build, plan'),
    );
    bench.agent.setMode = () => Promise.reject(new AgentModeError('It does not run.'));
    await expect(conversation.setAgentMode('plan')).rejects.toMatchObject(
      refused('COMMAND_FAILED', 'It does not run.'),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { EXIT } from '../exit-codes.js';
import { ListenSettings } from '../settings/listen.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { acpOptions } from './acp-options.js';

const read = (flags: Readonly<Record<string, unknown>>) =>
  acpOptions(readSettings('listen', ListenSettings, { flags, env: {} }));

describe('acpOptions', () => {
  it('hands the agent’s settings to the module', () => {
    const flags = { agent: 'acp', agentCommand: 'opencode acp', agentEnv: 'A_KEY,B_KEY', agentCancelTimeoutMs: '250' };
    expect(read(flags)).toMatchObject({ command: 'opencode acp', env: ['A_KEY', 'B_KEY'], cancelTimeoutMs: 250 });
    expect(read({})).toEqual({});
  });

  it.each([
    [{ agent: 'acp' }, 'name it with --agent-command'],
    [{ agentCommand: 'opencode acp' }, 'goes with --agent acp'],
    [{ agent: 'acp', agentCommand: '"opencode' }, 'quote'],
    [{ agent: 'acp', agentCommand: 'opencode', agentEnv: 'A_KEY,TWINLANE_TOKEN' }, 'TWINLANE_TOKEN is never given'],
    [{ agent: 'acp', agentCommand: 'opencode', agentIdleTimeoutMs: '0' }, '--agent-idle-timeout-ms'],
  ])('refuses %j', (flags, words) => {
    expect(() => read(flags)).toThrow(
      expect.objectContaining({ message: expect.stringContaining(words), exitCode: EXIT.USAGE }),
    );
  });
});

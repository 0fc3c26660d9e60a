import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AcpBench, COMMAND } from '../../../test/kit/acp-bench.js';
import type { Runtime } from '../../protocol/index.js';

let bench: AcpBench;
beforeEach(async () => (bench = await AcpBench.open()));
afterEach(() => bench.close());

const start: AcpBench['start'] = (...given) => bench.start(...given);
const run: AcpBench['run'] = (...given) => bench.run(...given);

describe('the modes of an ACP agent', () => {
  it.each([
    ['session/set_mode', {}, 'plan'],
    ['an option of the session', { SCRIPTED_MODES: 'option' }, 'way=plan'],
  ])('are changed by %s, which the status shows', async (_, env, works) => {
    const agent = start({}, env);
    const { turn } = await run(agent, 'say x');
    const changed: Runtime[] = [];
    agent.watchStatus((runtime) => changed.push(runtime));
    await agent.setMode(turn.runtime, 'plan');
    expect(agent.statusOf(turn.runtime)?.current_mode).toBe('plan');
    expect(changed).toEqual([turn.runtime]);
    expect((await run(agent, 'works')).turn.text).toBe(works);
  });

  it('stay as they are where the agent refuses, does not run, or was never asked anything', async () => {
    const agent = start({}, { SCRIPTED_MODES: 'stuck' });
    const runtime: Runtime = { agent_id: 'agent-1', conversation_id: 'conv-1' };
    await expect(agent.setMode(runtime, 'plan')).rejects.toThrow('send an input first');
    await run(agent, 'say x');
    await expect(agent.setMode(runtime, 'plan')).rejects.toThrow('The agent did not change its mode: not now.');
    expect(agent.statusOf(runtime)?.current_mode).toBe('build');
    await run(agent, 'crash');
    await expect(agent.setMode(runtime, 'plan')).rejects.toThrow('does not run now; send an input first');
  });
});

describe('an ACP agent that wants to be logged in', () => {
  it('ends the turn with what to do: the ways it offers, the command to run, the option to set', async () => {
    const agent = start({}, { SCRIPTED_LOGIN: 'login' });
    expect((await run(agent, 'say x')).end).toEqual({
      stopReason: 'error',
      error: `The agent wants to be logged in (Authentication required). It offers: "Login" (login), run \`scripted login\`; "By hand" (tui): run on the device: HOW='by hand' ${COMMAND} 'log in' --now. A login that needs no person is done by the listener: start it with --agent-auth login. Then send the input again.`,
    });
  });

  it('is logged in as it starts, where the listener was told how', async () => {
    const { turn } = await run(start({ auth: 'login' }, { SCRIPTED_LOGIN: 'login' }), 'say in');
    expect(turn.text).toBe('in');
  });

  it.each([
    ['login', /refused the login "login" \(no such account\)/],
    ['other', /offers no login "other"; give --agent-auth one of: login, tui/],
    ['tui', /a person does in a terminal; leave --agent-auth out/],
  ])('says why it cannot be logged in as %s', async (auth, words) => {
    const { end } = await run(start({ auth }, { SCRIPTED_LOGIN: 'another' }), 'say x');
    expect(end).toEqual({ stopReason: 'error', error: expect.stringMatching(words) });
  });
});

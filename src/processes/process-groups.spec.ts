import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { SYSTEM_CLOCK } from '../protocol/index.js';
import { endProcesses, findGroups } from './process-groups.js';

/** Longer than any of these tests. */
const SOON_ENOUGH_MS = 60_000;
const MARK = 'TWINLANE_TEST_MARK';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const { pid } of children.splice(0)) if (pid !== undefined) endNow(pid);
});

function endNow(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch (error) {
    // It has ended already.
    expect(error).toMatchObject({ code: 'ESRCH' });
  }
}

/** Runs a shell in a session of its own; resolves once it has printed a line: the process id of its job, if it says one. */
async function run(script: string, env: NodeJS.ProcessEnv = {}) {
  const stdio = ['ignore', 'pipe', 'ignore'] as const;
  const shell = spawn('/bin/sh', ['-c', script], {
    detached: true,
    stdio: [...stdio],
    env: { ...process.env, ...env },
  });
  children.push(shell);
  const ended = once(shell, 'exit');
  const [line] = (await once(createInterface(shell.stdout), 'line')) as [string];
  return { pid: shell.pid ?? 0, job: Number(line), ended };
}

describe('endProcesses', () => {
  it('ends a group with all that it started', async () => {
    const { pid, ended } = await run('sleep 1000 & echo ready; wait');
    await endProcesses({ group: pid }, 'SIGTERM', SOON_ENOUGH_MS, SYSTEM_CLOCK);
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(await findGroups({ group: pid })).toEqual(new Set());
  });

  it('kills what does not heed the first signal', async () => {
    const { pid, ended } = await run("trap '' TERM; echo ready; while :; do sleep 1000; done");
    await endProcesses({ group: pid }, 'SIGTERM', 0, SYSTEM_CLOCK);
    expect(await ended).toEqual([null, 'SIGKILL']);
  });

  it('ends what is stopped by its first signal', async () => {
    const { pid, ended } = await run('echo ready; kill -STOP $$; sleep 1000');
    await endProcesses({ group: pid }, 'SIGHUP', SOON_ENOUGH_MS, SYSTEM_CLOCK);
    expect(await ended).toEqual([null, 'SIGHUP']);
  });

  it('has nothing to do where nobody is wanted', async () => {
    await endProcesses({}, 'SIGTERM', SOON_ENOUGH_MS, SYSTEM_CLOCK);
    expect(await findGroups({ group: 0 })).toEqual(new Set());
  });

  describe.skipIf(process.platform !== 'linux')('where the system tells', () => {
    it('ends the jobs of a session also when its leader is gone', async () => {
      const { pid, ended } = await run('sleep 1000 >/dev/null & echo $!');
      await ended;
      expect((await findGroups({ session: pid })).size).toBe(1);
      await endProcesses({ session: pid }, 'SIGHUP', SOON_ENOUGH_MS, SYSTEM_CLOCK);
      expect(await findGroups({ session: pid })).toEqual(new Set());
    });

    it('ends what left group and session, by its mark alone, and nobody of another mark', async () => {
      const name = randomUUID();
      const script = "setsid sh -c 'echo $$; exec sleep 1000 >/dev/null' &";
      const [marked, other] = await Promise.all([run(script, { [MARK]: name }), run(script, { [MARK]: `${name}2` })]);
      const mark = `${MARK}=${name}`;
      expect(await findGroups({ mark })).toEqual(new Set([marked.job]));
      await endProcesses({ mark }, 'SIGTERM', SOON_ENOUGH_MS, SYSTEM_CLOCK);
      expect(await findGroups({ mark })).toEqual(new Set());
      expect(await findGroups({ group: other.job })).toEqual(new Set([other.job]));
      endNow(other.job);
    });
  });
});

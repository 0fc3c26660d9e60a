import { afterEach, beforeEach, expect, it } from 'vitest';
import { isEvent, type EnvironmentRecord } from '../src/client/index.js';
import { Twinlane } from './kit/twinlane.js';

let twinlane: Twinlane;
beforeEach(async () => {
  twinlane = await Twinlane.start({ listener: { mode: 'standard' } });
});
afterEach(() => twinlane.close());

it('an environment says how many approvals wait, and where one was last asked for and a turn last ended', async () => {
  const watch = twinlane.client().watchEnvironments();
  const until = async (wanted: (environment: EnvironmentRecord) => boolean): Promise<EnvironmentRecord> => {
    for (;;) {
      const { value, done } = await watch.next();
      if (done) throw new Error('nobody can tell');
      const found = value.environments.find(wanted);
      if (found) return found;
    }
  };
  const attachment = await twinlane.attach();
  const idle = await until(({ waitingApprovals }) => waitingApprovals === 0);
  expect([idle.lastAsked, idle.lastTurnEnded]).toEqual([undefined, undefined]);

  const turn = await attachment.turn('echo hello');
  for await (const event of turn) {
    if (!isEvent(event, 'control_request')) continue;
    const asking = await until(({ waitingApprovals }) => waitingApprovals === 1);
    expect(asking.lastAsked).toEqual({ runtime: attachment.runtime, at: Date.parse(event.emitted_at ?? '') });
    expect(asking.lastTurnEnded).toBeUndefined();
    await attachment.answerApproval(event.request_id, { behavior: 'allow' });
  }
  const ended = await until(({ lastTurnEnded }) => lastTurnEnded !== undefined);
  expect(ended).toMatchObject({ waitingApprovals: 0, lastTurnEnded: { runtime: attachment.runtime } });
  await watch.return?.();
});

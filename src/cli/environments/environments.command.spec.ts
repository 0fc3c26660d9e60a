import { afterEach, beforeEach, expect, it } from 'vitest';
import { CliRun } from '../../../test/kit/cli.js';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { environmentRecord, FAKE_TOKEN, FakeClientRelay } from '../../../test/kit/fake-client-relay.js';

let relay: FakeClientRelay;

beforeEach(async () => {
  relay = await FakeClientRelay.start();
});
afterEach(() => relay.stop());

function environments(...args: string[]): CliRun {
  return new CliRun(['environments', ...args], { env: { TWINLANE_SERVER: relay.url, TWINLANE_TOKEN: FAKE_TOKEN } });
}

it('prints a table, in which nothing can move the cursor', async () => {
  relay.environments = [
    environmentRecord('env-1', 'laptop'),
    { ...environmentRecord('env-2', 'old\u001b[2J', false), metadata: {} },
  ];
  const run = environments();
  expect(await run.exit).toBe(0);
  expect(run.out).toBe(
    [
      'NAME          STATE    ID     MODE      WORKSPACE         LAST SEEN',
      'laptop        online   env-1  standard  /home/me/project  2025-10-09T08:53:20Z',
      'old\\u{1b}[2J  offline  env-2  standard  -                 2025-10-09T08:53:20Z',
      '',
    ].join('\n'),
  );
});

it('prints JSON', async () => {
  const run = environments('--json');
  expect(await run.exit).toBe(0);
  expect(JSON.parse(run.out)).toEqual(relay.environments);
});

it('says what to do where there is none', async () => {
  relay.environments = [];
  const run = environments();
  expect(await run.exit).toBe(0);
  expect([run.out, run.stderr.text]).toEqual(['', 'No environments yet. Where agents run: npx twinlane listen\n']);
});

it('says for how long a listener has been away', async () => {
  const clock = new ManualClock();
  relay.environments = [{ ...environmentRecord('env-1', 'laptop'), awaySince: clock.now() - 12_000 }];
  const env = { TWINLANE_SERVER: relay.url, TWINLANE_TOKEN: FAKE_TOKEN };
  const run = new CliRun(['environments'], { env, clock });
  expect(await run.exit).toBe(0);
  expect(run.out).toContain('laptop  away 12 s  env-1');
});

it('says at which node an environment is, where the relay says so', async () => {
  relay.environments = [
    { ...environmentRecord('env-1', 'laptop'), servedBy: 'node-1' },
    environmentRecord('env-2', 'old', false),
  ];
  const run = environments();
  expect(await run.exit).toBe(0);
  expect(run.out).toMatch(/^NAME .* LAST SEEN +NODE\nlaptop .* node-1\nold .* -\n$/);
});

it('says why one is offline, as far as the relay says so', async () => {
  const gone = environmentRecord('env-1', 'laptop', false);
  relay.environments = [
    { ...gone, offlineReason: 'access-ended' },
    { ...gone, id: 'env-2', offlineReason: 'toString' as 'lost' },
  ];
  const run = environments();
  expect(await run.exit).toBe(0);
  expect(run.out).toMatch(/laptop {2}offline, token ended {2}env-1 .*\nlaptop {2}offline +env-2 /);
});

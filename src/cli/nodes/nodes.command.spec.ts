import { afterEach, beforeEach, expect, it } from 'vitest';
import { CliRun } from '../../../test/kit/cli.js';
import { FAKE_TOKEN, FakeClientRelay } from '../../../test/kit/fake-client-relay.js';

const AT = Date.UTC(2026, 10, 23, 12);

let relay: FakeClientRelay;
beforeEach(async () => {
  relay = await FakeClientRelay.start();
  relay.nodes = {
    nodes: [
      { id: 'n-1', name: 'first', startedAt: AT, state: 'ready', sockets: 12, environments: 3 },
      { id: 'n-2', name: 'second\u001b[2J', startedAt: AT + 1_000, state: 'draining', sockets: 0, environments: 0 },
    ],
    answeredBy: 'n-1',
    nats: 'connected',
  };
});
afterEach(() => relay.stop());

async function nodes(...args: string[]) {
  const env = { TWINLANE_SERVER: relay.url, TWINLANE_TOKEN: FAKE_TOKEN };
  const run = new CliRun(['nodes', ...args], { env });
  return { code: await run.exit, out: run.out, err: run.stderr.text };
}

it('prints a table, in which nothing can move the cursor', async () => {
  expect(await nodes()).toEqual({
    code: 0,
    out: [
      'NAME             STATE           ENVIRONMENTS  SOCKETS  SINCE                 ID',
      'first            ready, answers  3             12       2026-11-23T12:00:00Z  n-1',
      'second\\u{1b}[2J  draining        0             0        2026-11-23T12:00:01Z  n-2',
      '',
    ].join('\n'),
    err: '',
  });
});

it('says that what it shows may be old while the node that answers does not reach NATS', async () => {
  relay.nodes = { ...relay.nodes, nats: 'away' };
  expect((await nodes()).err).toMatch(/does not reach NATS/);
});

it('prints JSON', async () => {
  const { out } = await nodes('--json');
  expect(JSON.parse(out)).toEqual(relay.nodes);
});

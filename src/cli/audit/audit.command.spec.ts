import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CliRun } from '../../../test/kit/cli.js';
import { startRelay, TOKEN, urlOf } from '../../../test/kit/twinlane.js';
import { SYSTEM_CLOCK, type AuditEntry, type Clock } from '../../protocol/index.js';
import { AuditTable } from './audit-table.js';

const ENTRY: AuditEntry = {
  id: 'aa-1',
  time: '2026-11-23T12:00:00.000Z',
  kind: 'client_attached',
  organizationId: 'acme',
  tokenId: 'tok-1',
  tokenName: 'ada',
  address: '192.0.2.1',
  environmentId: 'env-1',
  environmentName: 'laptop',
  runtime: null,
  details: {},
};

/** Whoever follows does not wait between two looks. */
const IMPATIENT: Clock = {
  ...SYSTEM_CLOCK,
  after: (ms, run) => SYSTEM_CLOCK.after(ms === 2_000 ? 0 : ms, run),
};

let relay: NestExpressApplication;
beforeEach(async () => {
  relay = await startRelay();
});
afterEach(() => relay.close());

function twinlane(...args: string[]): CliRun {
  const env = { TWINLANE_SERVER: urlOf(relay), TWINLANE_TOKEN: TOKEN };
  return new CliRun(args, { env, clock: IMPATIENT });
}

async function done(run: CliRun): Promise<string> {
  expect(await run.exit).toBe(0);
  return run.out;
}

it('is a table with a head, in which nothing can move the cursor', () => {
  const table = new AuditTable();
  const lines = [
    table.next([ENTRY, { ...ENTRY, environmentName: 'old\u001b[2J', details: { type: 'input', count: 2 } }]),
    table.next([{ ...ENTRY, tokenName: 'operator' }]),
  ];
  expect(lines.join('')).toBe(
    [
      'TIME                      WHAT             WHO  FROM       ENVIRONMENT   DETAILS',
      '2026-11-23T12:00:00.000Z  client_attached  ada  192.0.2.1  laptop',
      '2026-11-23T12:00:00.000Z  client_attached  ada  192.0.2.1  old\\u{1b}[2J  type="input"  count=2',
      '2026-11-23T12:00:00.000Z  client_attached  operator  192.0.2.1  laptop',
      '',
    ].join('\n'),
  );
});

it('names the organisation that was made', async () => {
  await done(twinlane('organizations', 'create', 'acme', 'The Acme Company'));
  const [head, entry] = (await done(twinlane('audit'))).split('\n');
  expect(head).toMatch(/^TIME +WHAT +WHO +FROM +ENVIRONMENT +DETAILS$/);
  expect(entry).toMatch(/organization_created .*id="acme" {2}name="The Acme Company"$/);
});

it.each([[[]], [['--json']]])('goes on with what comes until Ctrl-C: --follow %j', async (flags) => {
  await done(twinlane('tokens', 'create', 'first'));
  const following = twinlane('audit', '--follow', ...flags);
  await following.prints('first');
  await done(twinlane('tokens', 'create', 'second'));
  await following.prints('second');
  await done(twinlane('tokens', 'create', 'third'));
  await following.prints('third');
  following.interrupt();
  const told = (await done(following)).split('\n').filter((line) => line.includes('token_created'));
  expect(told.map((line) => /first|second|third/.exec(line)?.[0])).toEqual(['first', 'second', 'third']);
});

import { afterEach, expect, it } from 'vitest';
import { CLOCK, SYSTEM_CLOCK } from '../src/index.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

let relay: RelayUnderTest;
afterEach(() => relay.close());

it('an organisation has so many tokens and no more; those that ended make room, and are forgotten in time', async () => {
  let later = 0;
  const clock = { ...SYSTEM_CLOCK, now: () => SYSTEM_CLOCK.now() + later };
  relay = await RelayUnderTest.start(
    { tokensPerOrganization: 2, endedTokensKeptMs: DAY_MS },
    { wholeRelay: true, providers: [{ provide: CLOCK, useValue: clock }] },
  );
  const make = (name: string) => relay.rest('/v1/tokens', { body: { name, role: 'device' } });
  const names = async () =>
    ((await relay.rest('/v1/tokens')).body['tokens'] as { name: string }[]).map(({ name }) => name);
  const first = await make('a');
  await make('b');
  expect(await make('c')).toMatchObject({
    status: 409,
    body: { errorCode: 'TOO_MANY_TOKENS', message: expect.stringContaining('revoke') },
  });
  await relay.rest('/v1/organizations', { body: { id: 'other' } });
  expect(await relay.rest('/v1/tokens', { body: { name: 'o', role: 'admin', organizationId: 'other' } })).toMatchObject(
    {
      status: 201,
    },
  );
  await fetch(`http://127.0.0.1:${relay.port}/v1/tokens/${String(first.body['id'])}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${TOKEN}` },
  });
  expect((await make('c')).status).toBe(201);
  expect(await names()).toEqual(['a', 'b', 'o', 'c']);
  later = 2 * DAY_MS;
  expect((await make('d')).status).toBe(409);
  expect(await names()).toEqual(['b', 'o', 'c']);
});

import { afterEach, expect, it } from 'vitest';
import type { EnvironmentRecord, LimitsInfo } from '../src/protocol/index.js';
import { RelayUnderTest } from './kit/relay-under-test.js';
import { Twinlane } from './kit/twinlane.js';

let close: (() => Promise<void>) | undefined;
afterEach(() => close?.());

it('says which limits count, and who ran into them, of which an admin of one organisation is told nothing', async () => {
  const relay = await RelayUnderTest.start({ limits: { registrationsPerSecond: 1, registrationBurst: 1 } });
  close = () => relay.close();
  const made = await relay.rest('/v1/tokens', { body: { name: 'admin', role: 'admin' } });
  await relay.register();
  await expect(relay.register()).rejects.toThrow('TOO_MANY');
  const asked = await relay.rest('/v1/limits');
  const answer = asked.body as unknown as LimitsInfo;
  expect(answer).toMatchObject({
    limits: { registrationsPerSecond: 1, registrationBurst: 1, commandsPerSecond: 200 },
    refused: [{ limit: 'registrations', count: 1 }],
  });
  const admins = await relay.rest('/v1/limits', { token: String(made.body['token']) });
  expect(admins.body).toEqual({ ...answer, refused: null });
});

it('a record says how its listener is connected', async () => {
  const twinlane = await Twinlane.start();
  close = () => twinlane.close();
  const [environment] = await twinlane.client().environments();
  expect(environment).toMatchObject<Partial<EnvironmentRecord>>({ currentLink: { kind: 'split', resumable: true } });
});

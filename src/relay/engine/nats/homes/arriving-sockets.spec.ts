import { Logger } from '@nestjs/common';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ManualClock } from '../../../../../test/kit/manual-clock.js';
import { CLOSE_CODES } from '../../../../protocol/index.js';
import type { AdmittedClient } from '../../../gateways/client.admission.js';
import type { AdmittedDevice } from '../../../gateways/device.admission.js';
import { RelayError } from '../../../relay.error.js';
import type { Arriving } from '../../engine.js';
import { ArrivingSockets } from './arriving-sockets.js';
import type { Arrival } from './way-home.js';

const CLIENT: Arriving = { kind: 'client', admitted: { attachment: { environmentId: 'env' } } as AdmittedClient };
const REFUSED: Arriving = { kind: 'listener', admitted: { standing: { state: 'unknown' } } as AdmittedDevice };

class World {
  readonly clock = new ManualClock();
  readonly stream = new PassThrough();
  isWanted: (() => boolean) | undefined;
  /** What the way home resolves with. */
  taking: Promise<{ readonly done: unknown } | undefined> = Promise.resolve({ done: undefined });
  readonly arriving = new ArrivingSockets({
    here: { client() {}, listener() {}, named() {} },
    way: {
      take: <T>(_newcomer: object, arrival: Arrival<T>) => {
        this.isWanted = () => arrival.isWanted?.() ?? true;
        return this.taking as Promise<{ readonly done: T } | undefined>;
      },
    },
    clock: this.clock,
  });

  async closes(): Promise<number> {
    return Number.parseInt(await this.closing(CLIENT), 10);
  }

  /** The code, and the reason. */
  closing(arriving: Arriving): Promise<string> {
    return new Promise((resolve) =>
      this.arriving.of(arriving.admitted)?.become({
        open: true,
        bufferedAmount: 0,
        send() {},
        receive() {},
        close: (code, reason = '') => resolve(`${code} ${reason}`),
        terminate: () => resolve(String(CLOSE_CODES.ABNORMAL.code)),
      }),
    );
  }
}

let world: World;
beforeAll(() => Logger.overrideLogger(false));
afterAll(() => Logger.overrideLogger(['error', 'warn', 'log']));
beforeEach(() => {
  world = new World();
});

it('opens the socket of whoever is at home', async () => {
  await world.arriving.prepare(CLIENT, world.stream);
  expect(world.arriving.of(CLIENT.admitted)?.open).toBe(true);
});

it('opens it all the same where the home takes long', async () => {
  world.taking = new Promise(() => {});
  const prepared = world.arriving.prepare(CLIENT, world.stream);
  await world.clock.advance(1_000);
  await prepared;
  expect(world.isWanted?.()).toBe(true);
});

it('wants no home any more once the stream of its upgrade has closed', async () => {
  world.taking = new Promise(() => {});
  const prepared = world.arriving.prepare(CLIENT, world.stream);
  world.stream.emit('close');
  expect(world.isWanted?.()).toBe(false);
  await world.clock.advance(1_000);
  await prepared;
});

it.each([
  ['there is none', () => Promise.resolve(undefined)],
  ['nobody can say', () => Promise.reject(new RelayError('ENGINE_AWAY'))],
])('closes the socket where a home was looked for and %s', async (_what, taking) => {
  world.taking = taking();
  await world.arriving.prepare(CLIENT, world.stream);
  expect(await world.closes()).toBe(CLOSE_CODES.TRY_LATER.code);
});

it('looks for no home for a listener that is only told why nobody serves it', async () => {
  await world.arriving.prepare(REFUSED, world.stream);
  expect([world.arriving.of(REFUSED.admitted), world.isWanted]).toEqual([undefined, undefined]);
});

/** One that knows itself, on its control. */
const NAMED: Arriving = {
  kind: 'client',
  admitted: { attachment: { environmentId: 'env', client: 'c', channel: 'control' } } as AdmittedClient,
};
const LISTENER: Arriving = {
  kind: 'listener',
  admitted: { standing: { state: 'valid', environment: { id: 'env' } } } as unknown as AdmittedDevice,
};

it('C26 tells a client that nothing was read of what it sent on its way to a home that is away', async () => {
  world.taking = Promise.resolve(undefined);
  await world.arriving.prepare(NAMED, world.stream);
  expect(await world.closing(NAMED)).toMatch(/^1013 Messages-Read: 0\. /);
});

it.each([
  ['a client, that nothing was read', NAMED, /^1012 Messages-Read: 0\. /],
  ['a listener', LISTENER, /^1012 The relay restarts/],
])('C26 as its node stops tells %s who is on its way to come again, and looks no further', async (_who, who, says) => {
  world.taking = new Promise(() => {});
  const prepared = world.arriving.prepare(who, world.stream);
  world.arriving.leave();
  expect(world.isWanted?.()).toBe(false);
  expect(await world.closing(who)).toMatch(says);
  await world.clock.advance(1_000);
  await prepared;
});

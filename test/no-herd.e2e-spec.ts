import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HTTP_FETCH, type HttpFetch, RegistrationModule } from '../src/registration/index.js';
import {
  dialWithWs,
  LinkSupervisor,
  SOCKET_DIALER,
  type SocketDialer,
  TransportModule,
} from '../src/transport/index.js';
import { fullest } from './kit/fullest.js';
import { PROCESS_TOKEN, RelayProcess } from './kit/relay-process.js';
import { SILENT } from './kit/silent-logger.js';

const LISTENERS = 500;
/** Where the jitter begins, in ms: the first dial after a loss comes within this time. */
const WINDOW_MS = 2_000;

/** In how many slots of that time dials are counted: so many times what is even is a herd. */
const SLOTS = 10;
/** So many times what is even is none. */
const UNEVEN = 5;
const NS_PER_MS = 1e6;
/** Of one listener, from when the relay is there until it is back: each has two sockets. */
const MAX_DIALS = 20;

/** A listener as far as its link goes, and what it asked of the network. */
interface CountedListener {
  readonly app: INestApplicationContext;
  readonly links: LinkSupervisor;
  registrations: number;
  /** Times of its dials, in epoch ms. */
  dials: number[];
}

async function startListener(server: string, deviceId: string): Promise<CountedListener> {
  const counts = { registrations: 0, dials: [] as number[] };
  const fetchCounted: HttpFetch = (...request) => {
    counts.registrations++;
    return fetch(...request);
  };
  const dialCounted: SocketDialer = (...target) => {
    counts.dials.push(Date.now());
    return dialWithWs(...target);
  };
  const names = { deviceId, connectionName: deviceId };
  const registration = RegistrationModule.forRoot({
    ...names,
    server,
    token: PROCESS_TOKEN,
    metadata: { processInstanceId: deviceId },
    extend: { providers: [{ provide: HTTP_FETCH, useValue: fetchCounted }] },
  });
  const transport = TransportModule.forRoot({
    ...names,
    backoffMinMs: WINDOW_MS,
    backoffMaxMs: 2 * WINDOW_MS,
    extend: { imports: [registration], providers: [{ provide: SOCKET_DIALER, useValue: dialCounted }] },
  });
  const app = await Test.createTestingModule({ imports: [transport] })
    .setLogger(SILENT)
    .compile();
  await app.init();
  return Object.assign(counts, { app, links: app.get(LinkSupervisor) });
}

async function ready({ links }: CountedListener): Promise<void> {
  for await (const { phase, reason } of links.states()) {
    if (phase === 'ready') return;
    if (phase === 'stopped') throw new Error(reason);
  }
}

async function lost({ links }: CountedListener): Promise<void> {
  for await (const { phase } of links.states()) if (phase !== 'ready') return;
}

let relay: RelayProcess;
const listeners: CountedListener[] = [];
beforeEach(async () => {
  relay = await RelayProcess.start();
});
afterEach(async () => {
  await Promise.all(listeners.splice(0).map(async ({ app, links }) => links.stop().then(() => app.close())));
  await relay.dispose();
});

it('C25 500 listeners come back to a relay that was restarted, spread out and without registering again', async () => {
  for (let n = 0; n < LISTENERS; n++) listeners.push(await startListener(relay.url, `device-${n}`));
  for (const { links } of listeners) links.start();
  await Promise.all(listeners.map(ready));
  for (const listener of listeners) listener.dials = [];
  const lostAll = Promise.all(listeners.map(lost));
  const stalls = monitorEventLoopDelay();
  stalls.enable();
  await relay.kill();
  await lostAll;
  await relay.again();
  const thereAt = Date.now();
  await Promise.all(listeners.map(ready));
  stalls.disable();

  const { body } = await relay.rest(`/v1/environments?onlineOnly=true&limit=${LISTENERS}`);
  expect(body['connections']).toHaveLength(LISTENERS);
  const first = listeners.map(({ dials }) => dials[0] ?? 0);
  // What falls due while this process stalls comes at once when it goes on.
  const stalled = stalls.max / NS_PER_MS / WINDOW_MS;
  expect(fullest(first, WINDOW_MS / SLOTS)).toBeLessThan(LISTENERS * (UNEVEN / SLOTS + stalled));
  for (const { registrations, dials } of listeners) {
    expect(registrations).toBe(1);
    expect(dials.filter((at) => at >= thereAt).length).toBeLessThanOrEqual(MAX_DIALS);
  }
});

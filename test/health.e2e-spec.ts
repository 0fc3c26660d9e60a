import { Controller, Get, Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { HealthModule, Readiness } from '../src/observability/index.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { rawUpgrade } from './kit/raw-socket.js';

it('a relay is alive before it is ready, and ready once it listens', async () => {
  const starting = await RelayUnderTest.start({}, { listen: false });
  const server = starting.app.getHttpServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  expect(await starting.rest('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await starting.rest('/readyz')).toMatchObject({
    status: 503,
    body: { errorCode: 'NOT_READY', message: expect.any(String) },
  });
  await starting.close();

  const relay = await RelayUnderTest.start();
  expect(await relay.rest('/healthz', { token: 'none' })).toMatchObject({ status: 200 });
  expect(await relay.rest('/readyz', { token: 'none' })).toMatchObject({ status: 200, body: { status: 'ok' } });
  await relay.close();
});

it('C26 a relay that drains is alive, and no longer ready', async () => {
  const relay = await RelayUnderTest.start({ drainGraceMs: 20_000 });
  const { connectionId } = await relay.register();
  const open = await rawUpgrade(relay.port, `/v1/environments/${connectionId}/status/ws`, TOKEN);
  await once(open, 'data');
  open.pause();
  const closing = relay.close();
  expect(await relay.rest('/readyz')).toMatchObject({ status: 503, body: { errorCode: 'DRAINING' } });
  expect(await relay.rest('/healthz')).toMatchObject({ status: 200 });
  open.destroy();
  await closing;
});

it('serves other applications too, with checks of their own', async () => {
  @Controller()
  class Own {
    @Get()
    hello(): string {
      return 'hello';
    }
  }
  @Module({ imports: [HealthModule], controllers: [Own] })
  class OtherModule {}
  const module = await Test.createTestingModule({ imports: [OtherModule] }).compile();
  const app = module.createNestApplication<NestExpressApplication>({ logger: false });
  await app.listen(0, '127.0.0.1');
  const url = `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}/readyz`;
  let fails = true;
  app.get(Readiness).addCheck('disk', () => {
    if (fails) throw new Error('it is full');
  });
  const first = await fetch(url);
  expect(first.status).toBe(503);
  expect(await first.json()).toEqual({ errorCode: 'NOT_READY', message: 'disk is not ready: it is full' });
  fails = false;
  expect(await (await fetch(url)).json()).toMatchObject({ status: 'ok', details: { disk: { status: 'up' } } });
  await app.close();
});

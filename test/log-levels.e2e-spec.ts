import { Logger } from '@nestjs/common';
import { Writable } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import { createLogger, LogLevels, PinoLoggerService } from '../src/observability/index.js';
import { SILENT } from './kit/silent-logger.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';

let relay: RelayUnderTest;
afterEach(async () => {
  Logger.overrideLogger(SILENT);
  await relay.close();
});

async function put(levels: unknown, token = TOKEN): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`http://127.0.0.1:${relay.port}/v1/log-levels`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ levels }),
  });
  return { status: response.status, body: await response.json() };
}

it('how much is logged changes by room while the relay runs, for whoever has a token', async () => {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Record<string, unknown>);
      done();
    },
  });
  const levels = new LogLevels('warn');
  relay = await RelayUnderTest.start({}, { providers: [{ provide: LogLevels, useValue: levels }] });
  Logger.overrideLogger(new PinoLoggerService(createLogger({ destination }), levels));
  const [gateways, routing] = [new Logger('DeviceSessions'), new Logger('RoutingService')];
  const say = (): unknown[] => {
    lines.length = 0;
    gateways.log('one');
    routing.debug('two');
    return lines.map(({ msg }) => msg);
  };
  expect(say()).toEqual([]);
  expect((await relay.rest('/v1/log-levels')).body).toEqual({ levels: 'warn' });

  expect(await put('info,relay/routing=debug', 'wrong')).toMatchObject({ status: 401 });
  expect(await put('loud')).toMatchObject({ status: 400, body: { errorCode: 'BAD_REQUEST' } });
  expect(await put(7)).toMatchObject({ status: 400 });
  expect(say()).toEqual([]);

  expect(await put('info,relay/routing=debug')).toEqual({ status: 200, body: { levels: 'info,relay/routing=debug' } });
  expect(say()).toEqual(['one', 'two']);
  expect(await put('info')).toMatchObject({ status: 200 });
  expect(say()).toEqual(['one']);

  const unknown = await put('debug,relay/routng=debug');
  expect(unknown).toMatchObject({ status: 400, body: { errorCode: 'BAD_REQUEST' } });
  for (const text of ['"relay/routng"', 'relay/routing', 'agents/acp', 'transport'])
    expect(unknown.body).toMatchObject({ message: expect.stringContaining(text) });
  expect((await relay.rest('/v1/log-levels')).body).toEqual({ levels: 'info' });
  // A logger of somebody else's is known once it has said something.
  expect(await put('info,SomebodyElses=debug')).toMatchObject({ status: 400 });
  new Logger('SomebodyElses').log('three');
  expect(await put('info,SomebodyElses=debug,relay=warn')).toMatchObject({ status: 200 });

  const { body } = await relay.rest('/v1/audit?kind=log_levels_changed');
  expect(body['entries']).toMatchObject([
    { details: { before: 'info', levels: 'info,SomebodyElses=debug,relay=warn' } },
    { details: { before: 'info,relay/routing=debug', levels: 'info' } },
    { tokenName: 'operator', address: '127.0.0.1', details: { before: 'warn', levels: 'info,relay/routing=debug' } },
  ]);
});

it('there is nothing to change in a program that logs by itself', async () => {
  relay = await RelayUnderTest.start();
  expect(await put('debug')).toMatchObject({ status: 404, body: { errorCode: 'PATH_UNKNOWN' } });
});

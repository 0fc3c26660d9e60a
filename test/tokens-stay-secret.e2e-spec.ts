import { Logger } from '@nestjs/common';
import { Writable } from 'node:stream';
import { afterEach, expect, it } from 'vitest';
import { createLogger, LogLevels, Metrics, PinoLoggerService } from '../src/observability/index.js';
import { dial, RawSocket, refused } from './kit/raw-socket.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';
import { SILENT } from './kit/silent-logger.js';

const WRONG = 'wrong-token-9876543210';
const SECRETS = [TOKEN, WRONG, encodeURIComponent(TOKEN), Buffer.from(TOKEN).toString('base64')];

let relay: RelayUnderTest;
afterEach(() => Logger.overrideLogger(SILENT));

it('a token in a query reaches no log line, no error and no metric, whatever becomes of the request', async () => {
  const lines: string[] = [];
  const destination = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(chunk.toString());
      done();
    },
  });
  relay = await RelayUnderTest.start({}, { wholeRelay: true });
  Logger.overrideLogger(new PinoLoggerService(createLogger({ destination }), new LogLevels('trace')));
  const { connectionId, wsUrl } = await relay.register();
  const lease = new URL(wsUrl).searchParams.get('lease') ?? '';
  const at = (path: string, query: string): string => relay.ws(`/v1/environments/${path}?${query}`);
  const told: unknown[] = [];

  const upgrades = [
    at(`${connectionId}/status/ws`, `token=${WRONG}`),
    at(`${connectionId}/status/ws`, `token=${TOKEN}&channel=${TOKEN}`),
    at(`${connectionId}/status/ws`, `token=${TOKEN}&resumeFrom=${TOKEN}`),
    at(`nobody/status/ws`, `token=${TOKEN}`),
    at(`${connectionId}/listener/ws`, `token=${TOKEN}&lease=${lease}`),
    relay.ws(`/%zz?token=${TOKEN}`),
    relay.ws(`/elsewhere?token=${TOKEN}`),
  ];
  for (const url of upgrades) told.push(await refused(dial(url)));
  for (const path of [
    `/v1/environments?token=${TOKEN}&limit=x`,
    `/elsewhere?token=${TOKEN}`,
    `/v1/environments/${connectionId}?token=${TOKEN}`,
  ])
    for (const token of [TOKEN, WRONG]) {
      const { headers, body } = await relay.rest(path, { token });
      told.push([...headers], body);
    }
  told.push((await relay.rest('/v1/environments/register', { body: `{"token":"${TOKEN}"` })).body);

  // Let in: a session with frames that are refused, and its end.
  const control = await RawSocket.open(at(`${connectionId}/status/ws`, `token=${TOKEN}&client=c&channel=control`));
  control.send({ type: 'rewind', request_id: '1' });
  control.send({ type: 'ack', seq: -1 });
  await control.seen('rewind_response');
  control.send('no frame');
  told.push(await control.closed, control.frames);
  const device = await RawSocket.open(wsUrl, { token: TOKEN });
  device.send({ type: 'input_accepted', request_id: 'unknown' });
  device.send('no frame');
  told.push(await device.closed);

  const metrics = await relay.app.get(Metrics, { strict: false }).text();
  await relay.close();
  expect(lines.length).toBeGreaterThan(0);
  const everything = JSON.stringify({ lines, told, metrics });
  for (const secret of [...SECRETS, lease]) expect(everything).not.toContain(secret);
});

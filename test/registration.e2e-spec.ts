import { Test } from '@nestjs/testing';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CLOCK } from '../src/config/index.js';
import { type Clock, MAX_RETRY_AFTER_MS, SYSTEM_CLOCK } from '../src/protocol/index.js';
import { RegistrationError, RegistrationModule, RegistrationService } from '../src/registration/index.js';
import { FakeServer } from './kit/fake-server.js';
import { SILENT } from './kit/silent-logger.js';

let server: FakeServer;
beforeEach(async () => {
  server = await FakeServer.start({
    capabilities: { supportsSplitStatusChannels: true, supportsPairedListenerGenerations: 'true' },
  });
});
afterEach(() => server.stop());

async function registrationFor(url: string, options: object = {}): Promise<RegistrationService> {
  const module = await Test.createTestingModule({
    imports: [
      RegistrationModule.forRoot({
        server: url,
        deviceId: 'device-1',
        connectionName: 'laptop',
        backoffMinMs: 1,
        backoffMaxMs: 2,
        ...options,
      }),
    ],
  })
    .setLogger(SILENT)
    .compile();
  return module.get(RegistrationService);
}
const running = new AbortController().signal;
const REQUEST_DEADLINE_MS = 15_000;

describe('registration', () => {
  it('C08 leaves an answer whose compressed body is broken when its time is over, and tries again', async () => {
    // Node 20 never ends the reading of it, not even when the request is aborted.
    server.oddAnswers.push((stream) => void stream.end('HTTP/1.1 503 Odd\r\nContent-Encoding: gzip\r\n\r\n{"plain":"'));
    const registrations = await registrationFor(server.url, { requestDeadlineMs: 1_000 });
    expect(await registrations.register('secret', running)).toMatchObject({ connectionId: 'conn-1' });
    expect(server.oddAnswers).toEqual([]);
  });

  it('registers over HTTP and counts a capability only when it is exactly true', async () => {
    const registration = await (await registrationFor(server.url)).register('secret', running);
    expect(registration).toMatchObject({
      connectionId: 'conn-1',
      maxFrameBytes: 8 * 1024 * 1024,
      capabilities: {
        supportsSplitStatusChannels: true,
        supportsPairedListenerGenerations: false,
        supportsResumableChannels: false,
      },
    });
    const [request] = server.registrations;
    expect(request?.headers.authorization).toBe('Bearer secret');
    expect(request?.body).toMatchObject({
      deviceId: 'device-1',
      connectionName: 'laptop',
      metadata: {
        environmentMessageProtocol: 'v2-input',
        supportsPairedListenerGenerations: true,
        eventSeqScope: 'runtime',
      },
    });
  });

  it('tries again on 429, 5xx and a broken network, waiting as long as Retry-After asks', async () => {
    server.answers.push(
      { status: 429, headers: { 'Retry-After': '120' } },
      { status: 503, body: '<html>busy</html>', headers: { 'Retry-After': '99999999999' } },
      { status: 500 },
    );
    const waits: number[] = [];
    const hurried: Clock = {
      now: () => SYSTEM_CLOCK.now(),
      elapsed: () => SYSTEM_CLOCK.elapsed(),
      after(ms, run) {
        if (ms === REQUEST_DEADLINE_MS) return SYSTEM_CLOCK.after(ms, run);
        waits.push(ms);
        return SYSTEM_CLOCK.after(0, run);
      },
    };
    const extend = { providers: [{ provide: CLOCK, useValue: hurried }] };
    const options = { requestDeadlineMs: REQUEST_DEADLINE_MS, extend };
    await (await registrationFor(server.url, options)).register('secret', running);
    expect(server.registrations).toHaveLength(4);
    // Its own backoff comes on top.
    for (const [i, asked] of [120_000, MAX_RETRY_AFTER_MS].entries()) {
      expect(waits[i]).toBeGreaterThanOrEqual(asked);
      expect(waits[i]).toBeLessThanOrEqual(asked + 30_000);
    }
  });

  it.each([
    [401, {}, 'token-refused', /set TWINLANE_TOKEN/],
    [403, {}, 'token-refused', /ask its operator/],
    [404, '<h1>Not Found</h1>', 'not-found', /check TWINLANE_SERVER/],
    [409, { errorCode: 'LISTENER_SUPERSEDED', message: 'newer' }, 'conflict', /newer listener.*It said: newer/],
    [409, { errorCode: 'ENVIRONMENT_TAKEN' }, 'conflict', /belongs to another token/],
    [422, { error: 'deviceId is odd' }, 'refused', /deviceId is odd/],
    [200, '<html>welcome</html>', 'not-json', /is it the address of a relay/],
    [200, { connectionId: 'c' }, 'missing-fields', /without a usable wsUrl/],
    [200, { wsUrl: 'http://x' }, 'missing-fields', /connectionId and wsUrl/],
    [307, {}, 'redirect', /set TWINLANE_SERVER to that address/],
  ])('HTTP %i %j is final and says what to do', async (status, body, fault, text) => {
    server.answers.push({ status, body });
    const failure = (await registrationFor(server.url)).register('secret', running);
    await expect(failure).rejects.toThrow(text);
    await expect(failure).rejects.toMatchObject({ fault, status });
    expect(server.registrations).toHaveLength(1);
  });

  it('C08 gives up a request that is never answered, and says so', async () => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as { port: number };
    const service = await registrationFor(`http://127.0.0.1:${port}`, { requestDeadlineMs: 50 });
    await expect(service.registerOnce('secret', running)).rejects.toMatchObject({ fault: 'deadline', retryable: true });
    silent.closeAllConnections();
    silent.close();
  });

  it('turns a refused connection into an error that names the address', async () => {
    const gone = await FakeServer.start();
    const { url } = gone;
    await gone.stop();
    const service = await registrationFor(url);
    const failure = service.registerOnce('secret', running);
    await expect(failure).rejects.toBeInstanceOf(RegistrationError);
    await expect(failure).rejects.toThrow(/Cannot reach http:.*ECONNREFUSED.*Check the address/);
  });

  it('says which option is wrong, what it got and what it wants', async () => {
    await expect(registrationFor('ftp://x')).rejects.toThrow(
      'RegistrationOptions.server must be an http or https URL; got "ftp://x".',
    );
  });
});

import type { JWK } from 'jose';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CONFIGURED, JwtBench } from '../../../../test/kit/jwt-bench.js';
import { validateOptions } from '../../../config/index.js';
import { SYSTEM_CLOCK } from '../../../protocol/index.js';
import { RelayOptions } from '../../relay.options.js';
import { TokenAccessService } from '../token-access.service.js';

let bench: JwtBench;

beforeEach(async () => {
  bench = await JwtBench.start();
});
afterEach(() => bench.close());

const refusal = (code: string) => expect.objectContaining({ name: 'RelayError', code });

describe('the keys', () => {
  it('are got once, and again for a key that was rotated in', async () => {
    const service = bench.access();
    await service.identify(await bench.provider.sign());
    await service.identify(await bench.provider.sign());
    expect(bench.provider.asked).toBe(1);
    const old = await bench.provider.sign();
    await bench.provider.rotate('second', 'RS256');
    expect(await service.identify(await bench.provider.sign())).toMatchObject({ role: 'client' });
    expect(await service.identify(old)).toMatchObject({ role: 'client' });
    expect(bench.provider.asked).toBe(2);
  });

  it('are not got for each key that is made up', async () => {
    const service = bench.access({ keysCooldownMs: 3_600_000 });
    await service.identify(await bench.provider.sign());
    for (const kid of ['a', 'b', 'c'])
      await expect(service.identify(await bench.provider.sign({}, { kid }))).rejects.toEqual(refusal('TOKEN_REFUSED'));
    expect(bench.provider.asked).toBe(1);
  });

  it.each([
    ['a failure', { status: 500 }],
    ['a redirect', { status: 302, headers: { location: 'http://127.0.0.1:9/keys' } }],
    ['no JSON', { status: 200, body: '<html>' }],
    ['no keys', { status: 200, body: '{}' }],
    ['more than is read', { status: 200, body: `{"keys":[],"x":"${'x'.repeat(1_100_000)}"}` }],
  ])('are not there where the provider answers with %s: nobody is let in, and told to come back', async (_, fault) => {
    const urls: string[] = [];
    const service = bench.access(
      {},
      (url, init) => (urls.push(url instanceof Request ? url.url : url.toString()), fetch(url, init)),
    );
    bench.provider.fault = fault;
    const error: unknown = await service.identify(await bench.provider.sign()).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'IDENTITY_PROVIDER_UNREACHABLE', status: 503 });
    expect(error).toMatchObject({ headers: { 'Retry-After': expect.stringMatching(/^[1-9]/) } });
    expect(new Set(urls)).toEqual(new Set([bench.provider.jwksUrl]));
    bench.provider.fault = undefined;
    expect(await service.identify(await bench.provider.sign())).toMatchObject({ role: 'client' });
  });

  it('go on to count while the provider is down; after a failure it is left alone for a while', async () => {
    const service = bench.access({ keysCooldownMs: 60_000 });
    const known = bench.access({ keysCooldownMs: 60_000 });
    await known.identify(await bench.provider.sign());
    const { asked } = bench.provider;
    bench.provider.fault = { status: 503 };
    expect(await known.identify(await bench.provider.sign())).toMatchObject({ role: 'client' });
    for (let times = 0; times < 5; times++)
      await expect(service.identify(await bench.provider.sign())).rejects.toEqual(
        refusal('IDENTITY_PROVIDER_UNREACHABLE'),
      );
    expect(bench.provider.asked).toBe(asked + 1);
    expect(bench.logged).toHaveLength(1);
  });

  it('are asked for once while the provider is down, also for keys that are made up where the known ones still count', async () => {
    const options = { tokens: [CONFIGURED], jwt: { ...bench.provider.options } };
    const clock = { ...SYSTEM_CLOCK, elapsed: () => 0 };
    const service = new TokenAccessService(validateOptions(RelayOptions, options), bench.store, clock, fetch);
    await service.identify(await bench.provider.sign());
    const minuteLater = Date.now() + 60_000;
    vi.spyOn(Date, 'now').mockImplementation(() => minuteLater);
    bench.provider.fault = { status: 503 };
    for (const kid of ['a', 'b', 'c']) {
      const madeUp = await bench.provider.sign({}, { kid });
      await expect(service.identify(madeUp)).rejects.toEqual(refusal('IDENTITY_PROVIDER_UNREACHABLE'));
      expect(await service.identify(await bench.provider.sign())).toMatchObject({ role: 'client' });
    }
    expect(bench.provider.asked).toBe(2);
  });

  /** What is wrong with a key, and the provider that shows it. */
  const UNUSABLE: Readonly<Record<string, (shown: JWK) => JWK>> = {
    'a point that is not on its curve': (shown) => ({ ...shown, y: shown.x ?? '' }),
    'half of it missing': ({ y: _missing, ...shown }) => shown,
    'no base64url in it': (shown) => ({ ...shown, x: '***' }),
    'its private part': (shown) => ({ ...shown, d: shown.x ?? '' }),
  };
  it.each(Object.keys(UNUSABLE))(
    'that cannot be used (%s) lets nobody in, says so, and does not touch the others',
    async (name) => {
      const service = bench.access();
      const good = await bench.provider.sign();
      await bench.provider.rotate('broken');
      bench.provider.change('broken', UNUSABLE[name] ?? ((shown) => shown));
      const bad = await bench.provider.sign();
      for (let times = 0; times < 2; times++) {
        const error: unknown = await service.identify(bad).catch((caught: unknown) => caught);
        expect(error).toMatchObject({ code: 'IDENTITY_PROVIDER_KEY_UNUSABLE', status: 503 });
        expect(error).toMatchObject({ headers: { 'Retry-After': '60' } });
        expect(await service.identify(good)).toMatchObject({ role: 'client' });
      }
      expect(bench.logged.join('\n')).toContain('cannot be used');
      expect(bench.logged.join('\n')).not.toContain(bad);
      // Known ones go on to count while the provider is down, and the broken one stays what it is.
      bench.provider.fault = { status: 500 };
      await expect(service.identify(await bench.provider.sign({}, { kid: 'made-up' }))).rejects.toEqual(
        refusal('IDENTITY_PROVIDER_UNREACHABLE'),
      );
      await expect(service.identify(bad)).rejects.toEqual(refusal('IDENTITY_PROVIDER_KEY_UNUSABLE'));
      expect(await service.identify(good)).toMatchObject({ role: 'client' });
    },
  );

  it('that is too short to be safe cannot be used either', async () => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
    await bench.provider.rotate('short', 'RS256');
    bench.provider.change('short', (shown) => ({ ...shown, ...(publicKey.export({ format: 'jwk' }) as JWK) }));
    // By hand: `jose` does not sign with it.
    const [header, payload] = (await bench.provider.sign()).split('.');
    const text = `${header}.${payload}`;
    const token = `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
    await expect(bench.access().identify(token)).rejects.toEqual(refusal('IDENTITY_PROVIDER_KEY_UNUSABLE'));
    expect(bench.logged.join('\n')).toContain('2048 bits');
  });

  it('come within their time, or not at all', async () => {
    const never: typeof fetch = (_url, init) =>
      new Promise((_, reject) => init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error)));
    const service = bench.access({ keysTimeoutMs: 1 }, never);
    await expect(service.identify(await bench.provider.sign())).rejects.toEqual(
      refusal('IDENTITY_PROVIDER_UNREACHABLE'),
    );
  });
});

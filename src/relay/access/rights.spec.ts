import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wildcard } from '../../config/index.js';
import type { Identity, Role } from './identity.js';
import { fitsPattern } from './name-pattern.js';
import {
  hasExpired,
  mayAdminister,
  mayApprove,
  mayOperate,
  mayRegister,
  mayRegisterAny,
  maySee,
  maySeeAny,
  maySteer,
  RIGHTS,
} from './rights.js';

const identity = (role: Role | undefined, scopes: Partial<Identity> = {}): Identity => ({
  tokenId: 't',
  organizationId: 'acme',
  mayApprove: true,
  ...(role === undefined ? {} : { role }),
  ...scopes,
});
const named = (connectionName: string, organizationId = 'acme') => ({ organizationId, connectionName });

describe('rights', () => {
  // Registers, sees, steers, approves; administers its own, another's; operates.
  it.each([
    ['device', 'R------'],
    ['client', '-SEA---'],
    ['admin', '-SEAO--'],
    ['operator', 'RSEAOXP'],
    [undefined, 'RSEA---'],
    ['king', '-------'],
    ['constructor', '-------'],
  ])('%s: %s', (role, wanted) => {
    const who = identity(role as Role | undefined);
    const may = [
      mayRegister(who, named('a')),
      maySee(who, named('a')),
      maySteer(who),
      mayApprove(who),
      mayAdminister(who),
      mayAdminister(who, 'other'),
      mayOperate(who),
    ];
    expect(may.map((yes, i) => (yes ? 'RSEAOXP'.charAt(i) : '-')).join('')).toBe(wanted);
    expect([mayRegisterAny(who), maySeeAny(who)]).toEqual([may[0], may[1]]);
  });

  it('scopes bound a client and a device, not an admin', () => {
    const scopes = { environments: ['ci-*'], access: 'watch', mayApprove: false } as const;
    const client = identity('client', scopes);
    expect([maySee(client, named('ci-1')), maySee(client, named('web')), maySteer(client), mayApprove(client)]).toEqual(
      [true, false, false, false],
    );
    const device = identity('device', scopes);
    expect([mayRegister(device, named('ci-1')), mayRegister(device, named('web'))]).toEqual([true, false]);
    const admin = identity('admin', scopes);
    expect([maySee(admin, named('web')), maySteer(admin), mayApprove(admin)]).toEqual([true, true, true]);
    expect(maySee(identity('client', { environments: [] }), named('ci-1'))).toBe(false);
  });

  it('nobody registers in, or sees, another organisation', () => {
    for (const role of Object.keys(RIGHTS)) {
      const who = identity(role === 'none' ? undefined : (role as Role));
      expect([maySee(who, named('a', 'rival')), mayRegister(who, named('a', 'rival'))]).toEqual([false, false]);
    }
  });

  it('time is over at its moment', () => {
    expect([99, 100].map((now) => hasExpired({ expiresAt: 100 }, now))).toEqual([false, true]);
    expect(hasExpired({}, Number.MAX_SAFE_INTEGER)).toBe(false);
  });
});

describe('fitsPattern', () => {
  it('says what a regular expression says', () => {
    const letters = (...more: string[]) => fc.string({ unit: fc.constantFrom('a', 'b', '.', ...more), maxLength: 12 });
    fc.assert(
      fc.property(letters(), letters('*'), (name, pattern) => {
        expect(fitsPattern(name, pattern)).toBe(wildcard(pattern).test(name));
      }),
      { seed: 42, numRuns: 2_000 },
    );
  });

  it('is not slowed down by a pattern made for that', () => {
    expect(fitsPattern('a'.repeat(256), `${'*a'.repeat(120)}*b`)).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import type { Frame } from '../protocol/index.js';
import { TokenRenewer } from './token-renewer.js';

const SEED = 6;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

interface Shown {
  readonly at: number;
  readonly token: unknown;
}

/** A renewer, and a server that says what a test says. */
class Link {
  readonly clock = new ManualClock(0);
  readonly shown: Shown[] = [];
  readonly renewed: string[] = [];
  readonly failed: string[] = [];
  asked = 0;
  /** What is given for a token; the first one is `token-1`. */
  give: () => string | Promise<string> = () => `token-${this.asked}`;
  /** What the server answers to a token that is shown; undefined: nothing. */
  answer: (() => Omit<Frame, 'type'>) | undefined;
  readonly renewer = new TokenRenewer(
    this.clock,
    () => {
      this.asked++;
      return this.give();
    },
    ({ type, token }) => {
      expect(type).toBe('token_renew');
      this.shown.push({ at: this.clock.elapsed(), token });
      const { answer } = this;
      if (answer) this.clock.after(1, () => this.renewer.take({ type: 'token_renew_response', ...answer() }));
    },
    { renewed: (token) => void this.renewed.push(token), failed: (reason) => void this.failed.push(reason) },
  );

  /** The server says that the token lives this long. */
  expires(expires_in_ms: unknown): boolean {
    return this.renewer.take({ type: 'token_expires', expires_in_ms });
  }

  /** Every moment at which a token was shown. */
  get moments(): number[] {
    return this.shown.map(({ at }) => at);
  }
}

describe('TokenRenewer', () => {
  it.each([
    ['an hour', HOUR_MS, HOUR_MS - MINUTE_MS],
    ['five minutes', 5 * MINUTE_MS, 4 * MINUTE_MS],
    ['a minute', MINUTE_MS, 48_000],
    ['three seconds', 3_000, 2_400],
    ['a second', 1_000, 2_000],
    ['nothing any more', 0, 2_000],
    ['a month, longer than timers know', 30 * DAY_MS, 30 * DAY_MS - MINUTE_MS],
  ])('of a token that lives %s shows another one after so many ms', async (_, lives, after) => {
    const link = new Link();
    expect(link.expires(lives)).toBe(true);
    await link.clock.advance(after - 1);
    expect(link.asked).toBe(0);
    await link.clock.advance(1);
    expect(link.shown).toEqual([{ at: after, token: 'token-1' }]);
  });

  it.each([undefined, 'soon', -1, Number.NaN, null])('plans nothing by %j', async (lives) => {
    const link = new Link();
    link.expires(lives);
    expect(link.clock.pending).toBe(0);
  });

  it('takes what the server says of tokens, and nothing else', () => {
    const { renewer } = new Link();
    const taken = ['token_expires', 'token_renew_response', 'token_renew', 'pong'].map((type) =>
      renewer.take({ type, expires_in_ms: 'x' }),
    );
    expect(taken).toEqual([true, true, false, false]);
  });

  it('goes on from one token to the next, as long as each of them lives', async () => {
    const link = new Link();
    const lives = [2 * HOUR_MS, 10 * MINUTE_MS, HOUR_MS];
    link.answer = () => ({ success: true, expires_in_ms: lives.shift() });
    link.expires(HOUR_MS);
    await link.clock.advance(5 * HOUR_MS);
    const first = HOUR_MS - MINUTE_MS;
    const second = first + 1 + 2 * HOUR_MS - MINUTE_MS;
    const third = second + 1 + 9 * MINUTE_MS;
    expect(link.moments.slice(0, 3)).toEqual([first, second, third]);
    expect(link.renewed).toEqual(['token-1', 'token-2', 'token-3', 'token-4']);
    // The last answer says no end any more.
    expect(link.clock.pending).toBe(0);
  });

  it.each<readonly [string, Partial<Pick<Link, 'give' | 'answer'>>, string | undefined]>([
    ['no answer comes', {}, undefined],
    ['the server refuses', { answer: () => ({ success: false, error: 'This token was revoked.' }) }, 'was revoked'],
    ['the server refuses without a word', { answer: () => ({ success: false }) }, 'does not say why'],
    ['nobody gives a token', { give: () => Promise.reject(new Error('signed out')) }, 'signed out'],
  ])('where %s it tries again as time is halved, and stops when too little is left', async (_, how, reason) => {
    const link = new Link();
    Object.assign(link, how);
    link.expires(HOUR_MS);
    await link.clock.advance(2 * HOUR_MS);
    expect(link.asked).toBeGreaterThan(3);
    expect(link.asked).toBeLessThan(10);
    expect(link.renewed).toEqual([]);
    expect(link.clock.pending).toBe(0);
    if (reason === undefined) expect(link.failed).toEqual([]);
    else for (const failed of link.failed) expect(failed).toContain(reason);
  });

  it('an answer to nothing changes nothing', async () => {
    const link = new Link();
    link.expires(HOUR_MS);
    link.renewer.take({ type: 'token_renew_response', success: true, expires_in_ms: 9 * HOUR_MS });
    await link.clock.advance(HOUR_MS - MINUTE_MS);
    expect([link.renewed, link.shown.length]).toEqual([[], 1]);
  });

  it('what the server says last counts', async () => {
    const link = new Link();
    link.expires(HOUR_MS);
    link.expires(3 * HOUR_MS);
    await link.clock.advance(2 * HOUR_MS);
    expect(link.asked).toBe(0);
    expect(link.clock.pending).toBe(1);
  });

  it('that was stopped does nothing more, whatever it was at', async () => {
    let given: (token: string) => void = () => {};
    const asking = new Link();
    asking.give = () => new Promise((resolve) => (given = resolve));
    asking.expires(HOUR_MS);
    await asking.clock.advance(HOUR_MS - MINUTE_MS);
    asking.renewer.stop();
    given('too late');
    await settle();
    expect([asking.shown, asking.clock.pending]).toEqual([[], 0]);

    const answered = new Link();
    answered.expires(HOUR_MS);
    await answered.clock.advance(HOUR_MS - MINUTE_MS);
    answered.renewer.stop();
    answered.renewer.take({ type: 'token_renew_response', success: true, expires_in_ms: HOUR_MS });
    answered.expires(HOUR_MS);
    expect([answered.renewed, answered.clock.pending]).toEqual([[], 0]);
  });

  it('has at most one timer, never tries twice within two seconds, and leaves none behind once its token is over', async () => {
    const step = fc.oneof(
      fc.record({ does: fc.constant('expires' as const), ms: fc.nat({ max: 2 * HOUR_MS }) }),
      fc.record({ does: fc.constant('waits' as const), ms: fc.nat({ max: HOUR_MS }) }),
      fc.record({
        does: fc.constant('turns' as const),
        to: fc.constantFrom('silent', 'refusing', 'taking', 'tokenless'),
        ms: fc.nat({ max: 2 * HOUR_MS }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const link = new Link();
        let takes = 0;
        for (const one of steps) {
          if (one.does === 'expires') link.expires(one.ms);
          else if (one.does === 'waits') await link.clock.advance(one.ms);
          else {
            link.give = one.to === 'tokenless' ? () => Promise.reject(new Error('no')) : () => `token-${link.asked}`;
            const taking = () => (takes++, { success: true, expires_in_ms: one.ms });
            link.answer = one.to === 'taking' ? taking : one.to === 'refusing' ? () => ({ success: false }) : undefined;
          }
          // One of its own, and perhaps one of the server's that has yet to answer.
          expect(link.clock.pending).toBeLessThanOrEqual(2);
        }
        const tries = link.moments.map((at, index) => at - (link.moments[index - 1] ?? -Infinity));
        for (const apart of tries) expect(apart).toBeGreaterThanOrEqual(2_000);
        link.answer = undefined;
        await link.clock.advance(3 * HOUR_MS);
        expect(link.clock.pending).toBe(0);
        expect(link.renewed.length).toBeLessThanOrEqual(takes);
        for (const token of link.renewed) expect(link.shown.map((one) => one.token)).toContain(token);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });
});

import { afterEach, describe, expect, it } from 'vitest';
import type { RelayModuleOptions } from '../src/relay/index.js';
import type { LimitName } from '../src/relay/access/limit-name.js';
import { RawSocket } from './kit/raw-socket.js';
import { onlineEnvironment, TOKEN, Twinlane } from './kit/twinlane.js';

let closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

describe('commands of one client', () => {
  async function start(limits: NonNullable<RelayModuleOptions['limits']> = {}) {
    const twinlane = await Twinlane.start({ relay: { limits } });
    closing.push(() => twinlane.close());
    const environment = await onlineEnvironment(twinlane.client());
    const url = `${twinlane.url.replace('http', 'ws')}/v1/environments/${environment.id}/status/ws`;
    const flooder = await RawSocket.open(`${url}?client=flooder`, { token: TOKEN });
    /** How often somebody ran into a limit. */
    const limited = async (limit: LimitName): Promise<number> => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const metrics = await (await fetch(`${twinlane.url}/metrics`, { headers })).text();
      return Number(
        new RegExp(`^twinlane_relay_limited_total\\{limit="${limit}"\\} (\\d+)$`, 'm').exec(metrics)?.[1] ?? 0,
      );
    };
    return { twinlane, flooder, limited };
  }

  const flood = (socket: RawSocket, from: number, count: number): void => {
    for (let i = from; i < from + count; i++) socket.send({ type: 'app_server_info', request_id: `q${i}` });
  };

  it('C36 1,000 in a second: each is answered, what is over is told when to come back, and others are unaffected', async () => {
    const { twinlane, flooder } = await start();
    const working = await twinlane.attach();
    flood(flooder, 0, 1_000);
    for (let i = 0; i < 50; i++) await working.command('app_server_info', {});
    await flooder.seenWhere(() => flooder.frames.filter(({ type }) => type.endsWith('_response')).length === 1_000);
    const answers = flooder.frames.filter(({ type }) => type === 'app_server_info_response');
    const over = answers.filter(({ success }) => success !== true);
    expect(over.length).toBeGreaterThan(0);
    expect(answers.length - over.length).toBeGreaterThanOrEqual(400);
    for (const answer of over)
      expect(answer).toMatchObject({ error_code: 'TOO_MANY', retry_after_ms: expect.any(Number) });
    expect(new Set(answers.map((answer) => answer['request_id'])).size).toBe(1_000);
    expect(flooder.ws.readyState).toBe(flooder.ws.OPEN);
  });

  it('C36 one that goes on is closed with 4029 and told when to come back, others are unaffected', async () => {
    const { twinlane, flooder } = await start();
    const working = await twinlane.attach();
    for (let i = 0; flooder.ws.readyState === flooder.ws.OPEN; i += 500) {
      flood(flooder, i, 500);
      await working.command('app_server_info', {});
    }
    expect(await flooder.closed).toEqual({ code: 4029, reason: expect.stringMatching(/^Retry-After: \d+\. /) });
    await working.command('app_server_info', {});
    expect(working.state.phase).toBe('open');
  });

  it('C36 another name gives nobody more than its token has', async () => {
    const limits = { tokenCommandsPerSecond: 1, tokenCommandBurst: 10, floodMs: 1_000_000 };
    const { twinlane, flooder, limited } = await start(limits);
    const environment = await onlineEnvironment(twinlane.client());
    const url = `${twinlane.url.replace('http', 'ws')}/v1/environments/${environment.id}/status/ws`;
    const renamed = await RawSocket.open(`${url}?client=renamed`, { token: TOKEN });
    const answersOf = (socket: RawSocket) => socket.frames.filter(({ type }) => type === 'app_server_info_response');
    flood(flooder, 0, 10);
    await flooder.seenWhere(() => answersOf(flooder).length === 10);
    // As many as one client may send; however slow this machine is, its token does not give so many back meanwhile.
    flood(renamed, 0, 300);
    await renamed.seenWhere(() => answersOf(renamed).length === 300);
    expect(await limited('token-commands')).toBeGreaterThan(0);
    expect(answersOf(renamed)).toContainEqual(
      expect.objectContaining({ error_code: 'TOO_MANY', error: expect.stringContaining('with one token') }),
    );
  });

  it('C36 what has no answer is never dropped without a word: its socket is closed with 4029', async () => {
    const { flooder } = await start({ commandBurst: 10 });
    for (let i = 0; i < 100; i++) flooder.send({ type: 'terminal_input', terminal_id: 't', data: 'x' });
    expect(await flooder.closed).toMatchObject({ code: 4029 });
  });

  it('C36 our client sends again what came too soon, and all of it succeeds', async () => {
    const { twinlane, limited } = await start({ commandsPerSecond: 1_000, commandBurst: 50 });
    const attachment = await twinlane.attach();
    const answers = await Promise.all(Array.from({ length: 300 }, () => attachment.command('app_server_info', {})));
    expect(answers).toHaveLength(300);
    expect(await limited('commands')).toBeGreaterThan(0);
    expect(attachment.state.phase).toBe('open');
  });

  it('C36 so many may wait for an answer, and one more when one has come', async () => {
    const { twinlane, limited } = await start({ unansweredPerClient: 5 });
    const attachment = await twinlane.attach();
    const answers = await Promise.all(Array.from({ length: 12 }, () => attachment.command('app_server_info', {})));
    expect(answers).toHaveLength(12);
    expect(await limited('unanswered')).toBeGreaterThan(0);
  });
});

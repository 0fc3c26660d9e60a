import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, isReplayed, TwinlaneClient } from '../src/client/index.js';
import type { Frame } from '../src/protocol/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../src/transport/index.js';
import { type FaultAction, FaultProxy } from './kit/fault-proxy.js';
import { startListener, startRelay, TOKEN, Twinlane, urlOf } from './kit/twinlane.js';

let closing: (() => unknown)[];
beforeEach(() => {
  closing = [];
});
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
});

/** A relay, a listener behind a proxy that asks before each command, and clients behind another. */
async function start() {
  const relay = await startRelay();
  closing.push(() => relay.close());
  const [towardsDevice, towardsClients] = [await FaultProxy.start(urlOf(relay)), await FaultProxy.start(urlOf(relay))];
  closing.push(
    () => towardsDevice.stop(),
    () => towardsClients.stop(),
  );
  const transport = { backoffMinMs: 1, backoffMaxMs: 5 };
  const listener = await startListener({ server: towardsDevice.url, mode: 'standard', transport });
  closing.push(() => listener.close());
  const links = listener.get<LinkMonitor>(LINK_MONITOR, { strict: false });
  return { relay, towardsDevice, towardsClients, links };
}

async function attach({ url: server }: Pick<FaultProxy, 'url'>, to?: Attachment): Promise<Attachment> {
  const limits = { backoffFirstMs: 1 };
  const client = new TwinlaneClient({ server, token: TOKEN, WebSocket, limits });
  const [environment] = await client.environments();
  if (!environment) throw new Error('no environment');
  const attachment = await client.attach(environment, to?.runtime ? { runtime: to.runtime } : {});
  closing.push(() => attachment.close());
  if (!to) await attachment.runtimeStart({ agent_id: null });
  return attachment;
}

async function until(attachment: Attachment, fits: (event: Frame) => boolean): Promise<Frame> {
  for await (const event of attachment.events()) if (fits(event)) return event;
  throw new Error('the events ended');
}

const isRequest = ({ type }: Frame): boolean => type === 'control_request';
const isResolved = ({ type }: Frame): boolean => type === 'control_request_resolved';
const isEnd = ({ type }: Frame): boolean => type === 'turn_finished';

/** A turn that waits for an answer, and what was asked. */
async function asking(attachment: Attachment): Promise<string> {
  const asked = until(attachment, isRequest);
  await attachment.send('echo approved');
  return String((await asked)['request_id']);
}

async function reaches(links: LinkMonitor, phase: 'ready' | 'other'): Promise<void> {
  for await (const state of links.states()) if ((state.phase === 'ready') === (phase === 'ready')) return;
}

describe('C20 an approval that is pending', () => {
  it('is not shown twice to a client that reconnects, and is answered by it', async () => {
    const { towardsClients } = await start();
    const attachment = await attach(towardsClients);
    const requests: Frame[] = [];
    void until(attachment, (event) => isRequest(event) && requests.push(event) > 1).catch(() => {});
    const id = await asking(attachment);
    expect(towardsClients.now({ do: 'cut' })).toBeGreaterThan(0);
    for await (const { phase } of attachment.states()) if (phase === 'reconnecting') break;
    for await (const { phase } of attachment.states()) if (phase === 'open') break;
    const ended = until(attachment, isEnd);
    await attachment.answerApproval(id, { behavior: 'allow' });
    expect(await ended).toMatchObject({ stop_reason: 'end_turn' });
    expect(requests.map((event) => [event['request_id'], isReplayed(event)])).toEqual([[id, false]]);
  });

  it('is shown as replayed to another client; one answer wins, and the others are told', async () => {
    const { towardsClients } = await start();
    const first = await attach(towardsClients);
    const id = await asking(first);
    const second = await attach(towardsClients, first);
    expect(await until(second, isRequest)).toMatchObject({ request_id: id, replayed: true });
    const told = [first, second].map((attachment) => until(attachment, isResolved));
    const answers = await Promise.allSettled([
      first.answerApproval(id, { behavior: 'allow' }),
      second.answerApproval(id, { behavior: 'allow' }),
    ]);
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(answers.find((answer) => answer.status === 'rejected')?.reason).toMatchObject({ code: 'ALREADY_ANSWERED' });
    for (const resolved of await Promise.all(told))
      expect(resolved).toMatchObject({ request_id: id, outcome: 'allow' });
  });

  it('outlives a broken link of the device: it is shown meanwhile, and answered afterwards', async () => {
    const { towardsDevice, towardsClients, links } = await start();
    const first = await attach(towardsClients);
    const id = await asking(first);
    const lift = towardsDevice.rule({ action: { do: 'refuse' } });
    towardsDevice.now({ do: 'cut' });
    await reaches(links, 'other');
    const second = await attach(towardsClients, first);
    expect(await until(second, isRequest)).toMatchObject({ request_id: id, replayed: true });
    lift();
    await reaches(links, 'ready');
    const ended = until(first, isEnd);
    await second.answerApproval(id, { behavior: 'allow' });
    expect(await ended).toMatchObject({ stop_reason: 'end_turn' });
    await expect(first.answerApproval(id, { behavior: 'deny' })).rejects.toMatchObject({ code: 'ALREADY_ANSWERED' });
  });

  it('takes an answer that was given while the link was broken, once it is back', async () => {
    const { towardsDevice, towardsClients, links } = await start();
    const attachment = await attach(towardsClients);
    const id = await asking(attachment);
    const lift = towardsDevice.rule({ action: { do: 'refuse' } });
    towardsDevice.now({ do: 'cut' });
    await reaches(links, 'other');
    const ended = until(attachment, isEnd);
    const answered = attachment.answerApproval(id, { behavior: 'allow' });
    lift();
    await answered;
    expect(await ended).toMatchObject({ stop_reason: 'end_turn' });
  });

  /** Loses what goes one way over the sockets that are open now, and breaks them once something has. */
  async function losing(proxy: FaultProxy, direction: 'up' | 'down'): Promise<void> {
    const lost = proxy.log.of('swallowed').length + 1;
    const action: FaultAction = { do: 'half-open', direction };
    expect(proxy.now(action, { path: /ws$/ })).toBeGreaterThan(0);
    await proxy.log.seen('swallowed', '', lost);
    proxy.now({ do: 'cut' });
  }

  it.each([
    ['a client broke, before the relay had it', 'towardsClients', 'up'],
    ['a client broke, after the relay had it', 'towardsClients', 'down'],
    ['the device broke, before it had it', 'towardsDevice', 'down'],
    ['the device broke, after it had it', 'towardsDevice', 'up'],
  ] as const)('takes an answer during which the sockets of %s', async (_when, where, direction) => {
    const { relay, ...proxies } = await start();
    const attachment = await attach(proxies.towardsClients);
    const id = await asking(attachment);
    const other = await attach({ url: urlOf(relay) }, attachment);
    const resolved: Frame[] = [];
    const ended = until(other, (event) => (isResolved(event) && resolved.push(event) > 1) || isEnd(event));
    const broken = losing(proxies[where], direction);
    const answered = attachment.answerApproval(id, { behavior: 'allow' });
    await broken;
    await answered;
    expect(await ended).toMatchObject({ type: 'turn_finished', stop_reason: 'end_turn' });
    expect(resolved).toMatchObject([{ request_id: id, outcome: 'allow' }]);
    await expect(other.answerApproval(id, { behavior: 'allow' })).rejects.toMatchObject({
      code: 'ALREADY_ANSWERED',
      message: expect.stringContaining('allow'),
    });
  });

  it('ends with its turn when the turn is aborted by another client', async () => {
    const twinlane = await Twinlane.start({ listener: { mode: 'standard' } });
    closing.push(() => twinlane.close());
    const first = await twinlane.attach();
    const id = await asking(first);
    const second = await twinlane.attach(first.runtime);
    const resolved = until(first, isResolved);
    expect(await second.abort()).toBe(true);
    expect(await resolved).toMatchObject({ request_id: id, outcome: 'turn_ended' });
    const third = await twinlane.attach(first.runtime);
    // The first request that it sees is one of its own.
    expect(await asking(third)).not.toBe(id);
  });
});

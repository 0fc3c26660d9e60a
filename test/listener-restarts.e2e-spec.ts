import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, isEvent, isGap, TwinlaneClient } from '../src/client/index.js';
import type { Frame, InputMessage } from '../src/protocol/index.js';
import { FaultProxy } from './kit/fault-proxy.js';
import { type Death, ListenerProcess } from './kit/listener-process.js';
import { startRelay, TOKEN, urlOf } from './kit/twinlane.js';

let folder: string;
let relay: NestExpressApplication;
let listener: ListenerProcess;
let attachments: Attachment[];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-')));
  relay = await startRelay();
  attachments = [];
});
afterEach(async () => {
  for (const attachment of attachments) attachment.close();
  await listener.kill();
  await relay.close();
  await rm(folder, { recursive: true, force: true });
});

/** The next process of the one listener, which finds what the one before kept. */
async function start(dieAt?: Death, server = urlOf(relay)): Promise<void> {
  const options = {
    server,
    token: TOKEN,
    deviceId: 'device-1',
    connectionName: 'laptop',
    workspace: folder,
    dataDir: path.join(folder, 'data'),
  };
  listener = await ListenerProcess.start(options, dieAt);
}

const input = (content: string): InputMessage[] => [{ role: 'user', content, client_message_id: `id of ${content}` }];

/** A client with a runtime, and everything that it sees. */
class Watcher {
  readonly seen: Frame[] = [];
  private wake = (): void => {};

  private constructor(readonly attachment: Attachment) {}

  static async attach(to?: Attachment): Promise<Watcher> {
    const client = new TwinlaneClient({ server: urlOf(relay), token: TOKEN, WebSocket });
    const [environment] = await client.environments();
    if (!environment) throw new Error('no environment');
    const attachment = await client.attach(environment, to?.runtime ? { runtime: to.runtime } : {});
    attachments.push(attachment);
    const watcher = new Watcher(attachment);
    void watcher.watch();
    if (!to) await attachment.runtimeStart({ agent_id: null });
    return watcher;
  }

  /** The first event that fits, now or as soon as it comes. */
  async until(fits: (event: Frame) => boolean): Promise<Frame> {
    for (;;) {
      const found = this.seen.find(fits);
      if (found) return found;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** What the agent said, in order. */
  get said(): unknown[] {
    return this.seen
      .filter((event) => isEvent(event, 'stream_delta'))
      .filter(({ delta }) => delta.message_type === 'assistant_message')
      .map(({ delta }) => delta['content']);
  }

  private async watch(): Promise<void> {
    for await (const event of this.attachment.events()) {
      this.seen.push(event);
      this.wake();
    }
  }
}

const says = (content: string) => (event: Frame) =>
  isEvent(event, 'stream_delta') && event.delta['content'] === content && event.delta.message_type !== 'user_message';

describe('C21 an input whose listener was killed', () => {
  it.each([
    ['before it was answered', 'accepted', 1],
    ['before it started', 'starting', 1],
    ['once it had started', 'started', 0],
  ] as const)('%s is accepted once, with the same answer', async (_when, dieAt, runs) => {
    await start(dieAt);
    const watcher = await Watcher.attach();
    const { attachment } = watcher;
    const asked = attachment.send(input('say one')).then(
      () => 'answered',
      (error: unknown) => (error as { code?: string }).code,
    );
    await listener.ended;
    expect(listener.ran).toEqual([]);
    await start();
    expect(dieAt === 'accepted' ? ['OUTCOME_UNKNOWN'] : ['OUTCOME_UNKNOWN', 'answered']).toContain(await asked);
    await watcher.until((event) => event.type === 'turn_finished');
    const answer = await attachment.send(input('say one'));
    expect(answer).toMatchObject({ accepted: true, disposition: 'started' });
    await attachment.send(input('say two'));
    await watcher.until(says('two'));
    expect(watcher.said).toEqual([...Array.from({ length: runs }, () => 'one'), 'two']);
    expect(listener.ran).toEqual([...Array.from({ length: runs }, () => 'say one'), 'say two']);
  });

  it('while it waited in the queue starts afterwards, in order', async () => {
    await start();
    const watcher = await Watcher.attach();
    await watcher.attachment.send(input('hang'));
    for (const text of ['say two', 'say three'])
      expect(await watcher.attachment.send(input(text))).toMatchObject({ disposition: 'queued' });
    await watcher.until(says('begun'));
    await listener.kill();
    await start();
    await watcher.until(says('three'));
    expect(listener.ran).toEqual(['say two', 'say three']);
    expect(watcher.seen.filter((event) => isEvent(event, 'update_queue')).flatMap(({ removed }) => removed)).toEqual([
      { client_message_id: 'id of say two', disposition: 'dequeued' },
      { client_message_id: 'id of say three', disposition: 'dequeued' },
    ]);
  });

  it('while it waited in the queue starts after an orderly restart too', async () => {
    await start();
    const watcher = await Watcher.attach();
    await watcher.attachment.send(input('ask nothing'));
    await watcher.attachment.send(input('say two'));
    await watcher.until((event) => event.type === 'control_request');
    await listener.kill('SIGTERM');
    expect(await watcher.until((event) => event.type === 'turn_finished')).toMatchObject({ stop_reason: 'cancelled' });
    await start();
    await watcher.until(says('two'));
    expect(listener.ran).toEqual(['say two']);
    expect(watcher.seen.filter(({ type }) => type === 'turn_finished').map((end) => end['stop_reason'])[0]).toBe(
      'cancelled',
    );
  });
});

describe('C23 a listener that was killed mid-turn and restarted', () => {
  it('ends the turn with an error under a new epoch, after what the turn said and the state it belongs to', async () => {
    await start();
    const watcher = await Watcher.attach();
    const turn = await watcher.attachment.turn(input('hang'));
    const events = (async () => {
      const all: Frame[] = [];
      for await (const event of turn) all.push(event);
      return all;
    })();
    const begun = await watcher.until(says('begun'));
    await listener.kill();
    await start();
    const ofTurn = await events;
    expect(turn.outcome).toMatchObject({ stop_reason: 'error', error: expect.stringContaining('was restarted') });
    const ends = ofTurn.at(-1);
    expect(ends).toMatchObject({ type: 'turn_finished', run_id: (begun['delta'] as { run_id: string }).run_id });
    expect(ends?.['event_epoch']).not.toBe(begun['event_epoch']);
    const after = ofTurn.filter((event) => event['event_epoch'] === ends?.['event_epoch']);
    expect(after.map(({ type }) => type)).toEqual([
      'stream_delta',
      'stream_delta',
      'update_device_status',
      'update_loop_status',
      'update_queue',
      'update_subagent_state',
      'turn_finished',
    ]);
    expect(after[3]).toMatchObject({ loop_status: { status: 'WAITING_ON_INPUT' } });
    const first = Number(after[0]?.['event_seq']);
    expect(after.map((event) => event['event_seq'])).toEqual(after.map((_, i) => first + i));
    expect(ofTurn.findIndex(says('begun'))).toBeLessThan(ofTurn.findIndex((event) => event === after[0]));
  });

  it('brings what the turn said while there was no link, and nobody had seen, before its end', async () => {
    const proxy = await FaultProxy.start(urlOf(relay));
    await start(undefined, proxy.url);
    const watcher = await Watcher.attach();
    const { attachment } = watcher;
    await attachment.send(input('hang'));
    await watcher.until(says('begun'));
    const lift = proxy.rule({ action: { do: 'refuse' } });
    proxy.now({ do: 'cut' });
    await listener.speak();
    await listener.kill();
    lift();
    await start(undefined, proxy.url);
    await watcher.until(({ type }) => type === 'turn_finished');
    expect(watcher.said).toEqual(['begun', ...Array.from({ length: 50 }, (_, i) => `text ${i + 1}`)]);
    expect(watcher.seen.filter(isGap)).toEqual([]);
    await proxy.stop();
  });

  it('ends the approvals that were pending, and shows them to nobody who attaches later', async () => {
    await start();
    const watcher = await Watcher.attach();
    await watcher.attachment.send(input('ask something'));
    const request = await watcher.until((event) => event.type === 'control_request');
    await listener.kill();
    await start();
    const isEnd = (event: Frame): boolean => event.type === 'turn_finished';
    expect(await watcher.until(isEnd)).toMatchObject({ stop_reason: 'error' });
    const resolved = watcher.seen.filter((event) => isEvent(event, 'control_request_resolved'));
    expect(resolved.filter(({ event_epoch }) => event_epoch !== undefined)).toMatchObject([
      { request_id: request['request_id'], outcome: 'turn_ended' },
    ]);
    const later = await Watcher.attach(watcher.attachment);
    const late = watcher.attachment.answerApproval(String(request['request_id']), { behavior: 'allow' });
    await expect(late).rejects.toMatchObject({ code: 'ALREADY_ANSWERED' });
    await watcher.attachment.send(input('say more'));
    await later.until(says('more'));
    expect(later.seen.filter(({ type }) => type === 'control_request')).toEqual([]);
  });

  it('keeps mode and working directory', async () => {
    await start();
    const watcher = await Watcher.attach();
    const { runtime = { agent_id: null, conversation_id: '' } } = watcher.attachment;
    await watcher.attachment.command('change_device_state', { runtime, payload: { mode: 'unrestricted' } });
    await listener.kill();
    await start();
    await watcher.attachment.send(input('ask freely'));
    await watcher.until(says('freely'));
    expect(watcher.seen.filter(({ type }) => type === 'control_request')).toEqual([]);
    const isUnrestricted = (event: Frame): boolean =>
      isEvent(event, 'update_device_status') && event.device_status.current_permission_mode === 'unrestricted';
    await watcher.until(isUnrestricted);
  });
});

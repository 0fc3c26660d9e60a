import type { INestApplicationContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, type AttachmentState, isGap, isReplayed, TwinlaneClient } from '../src/client/index.js';
import { ProtocolEmitterService } from '../src/emitter/index.js';
import type { Frame } from '../src/protocol/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../src/transport/index.js';
import { FaultProxy } from './kit/fault-proxy.js';
import { onlineEnvironment, startListener, startRelay, TOKEN, urlOf } from './kit/twinlane.js';

const RUNTIME = { agent_id: 'a', conversation_id: 'c' };
const DELTAS = 300;

let relay: NestExpressApplication;
let proxy: FaultProxy;
let listener: INestApplicationContext;
let emitter: ProtocolEmitterService;
let links: LinkMonitor;
let attachment: Attachment;

beforeEach(async () => {
  relay = await startRelay();
  proxy = await FaultProxy.start(urlOf(relay));
  listener = await startListener({ server: proxy.url, transport: { backoffMinMs: 10, backoffMaxMs: 20 } });
  emitter = listener.get(ProtocolEmitterService, { strict: false });
  links = listener.get<LinkMonitor>(LINK_MONITOR, { strict: false });
  const client = new TwinlaneClient({ server: urlOf(relay), token: TOKEN, WebSocket });
  attachment = await client.attach(await onlineEnvironment(client), { runtime: RUNTIME });
});
afterEach(async () => {
  attachment.close();
  await listener.close();
  await proxy.stop();
  await relay.close();
});

/** Emits the deltas of a turn with these numbers. */
function emitDeltas(from: number, to: number): void {
  for (let n = from; n <= to; n++)
    emitter.emit('stream_delta', { delta: { message_type: 'assistant_message', content: String(n) } }, RUNTIME);
}

function endTurn(): void {
  emitter.emit('turn_finished', { turn_id: 't', stop_reason: 'end_turn' }, RUNTIME);
}

/** What the client sees, as texts, until the turn's end; `each` is told how many deltas it has seen. */
async function seenUntilTheEnd(each: (count: number) => void): Promise<string[]> {
  const texts: string[] = [];
  let deltas = 0;
  for await (const event of attachment.events()) {
    if (isReplayed(event)) continue;
    texts.push(textOf(event));
    if (event.type === 'stream_delta') each(++deltas);
    if (event.type === 'turn_finished') break;
  }
  return texts;
}

function textOf(event: Frame): string {
  if (isGap(event)) return `gap ${event.from}-${String(event.to)}`;
  const delta = event['delta'] as { readonly content?: unknown } | undefined;
  return delta ? String(delta.content) : event.type;
}

async function linkIs(phase: 'ready' | 'offline'): Promise<void> {
  for await (const state of links.states()) if (state.phase === phase) return;
}

const EVERYTHING = [...Array.from({ length: DELTAS }, (_, i) => String(i + 1)), 'turn_finished'];

describe('a resumable link', () => {
  it('is what our listener and our relay agree on', () => {
    expect(links.current.link).toEqual({ kind: 'split', resumable: true, chunked: true });
  });

  it('is still known as one while the listener drains it: a command that comes again then is no new one', async () => {
    const draining = (async () => {
      for await (const state of links.states()) if (state.phase === 'draining') return state;
      return undefined;
    })();
    await listener.close();
    expect(await draining).toMatchObject({ link: { kind: 'split', resumable: true } });
  });

  it('C01 brings every delta and the end of a turn that ended while both sockets were down', async () => {
    const seen = seenUntilTheEnd((count) => {
      if (count === 100) void outage();
    });
    const outage = async (): Promise<void> => {
      const lift = proxy.rule({ action: { do: 'refuse' } });
      proxy.now({ do: 'cut' });
      await linkIs('offline');
      emitDeltas(151, DELTAS);
      endTurn();
      lift();
    };
    emitDeltas(1, 150);
    expect(await seen).toEqual(EVERYTHING);
  });

  for (const channel of ['control', 'stream'] as const)
    it(`C02 loses nothing when ${channel} breaks again and again under a stream, in the middle of frames`, async () => {
      const seen = seenUntilTheEnd(() => {});
      for (let n = 0; n < DELTAS; n += 30) {
        await linkIs('ready');
        proxy.now({ do: 'cut', after: { bytes: 1_000, direction: 'up' } }, { query: { channel } });
        emitDeltas(n + 1, n + 30);
        if (channel === 'control') proxy.now({ do: 'cut' }, { query: { channel } });
      }
      endTurn();
      expect(await seen).toEqual(EVERYTHING);
    });

  it('C24 goes on over a relay whose history was lost: what the device has kept comes again, once', async () => {
    const states: AttachmentState[] = [];
    void (async () => {
      for await (const state of attachment.states()) states.push(state);
    })();
    emitDeltas(1, 100);
    const seen = seenUntilTheEnd((count) => {
      if (count === 100) void restart();
    });
    const restart = async (): Promise<void> => {
      const port = Number(new URL(urlOf(relay)).port);
      await relay.close();
      emitDeltas(101, 200);
      relay = await startRelay({}, port);
      emitDeltas(201, DELTAS);
      endTurn();
    };
    expect(await seen).toEqual(EVERYTHING);
    expect(states.at(-1)).toEqual({ phase: 'open', resumed: true });
  });
});

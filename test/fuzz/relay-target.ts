import type { NestExpressApplication } from '@nestjs/platform-express';
import { randomUUID } from 'node:crypto';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { WebSocket } from 'ws';
import { type Attachment, isEvent, TwinlaneClient } from '../../src/client/index.js';
import { closeNameOf, ERROR_CODES, type RegistrationResponse } from '../../src/protocol/index.js';
import { RawSocket } from '../kit/raw-socket.js';
import { startRelay, TOKEN, urlOf } from '../kit/twinlane.js';
import { type Attacker, attacker, send, wasTaken } from './attacker.js';
import { corpusOf } from './corpus.js';
import { exchange } from './exchange.js';
import { COUNTED, FuzzListener } from './fuzz-listener.js';
import { MAX_FRAME_BYTES, Writer } from './messages.js';
import type { LINKS, Message, Odd, RelayCase } from './relay-cases.js';
import { assertCounted, Counted, type Expected } from './relay-metrics.js';
import { assertAnswered, assertClosedWell, assertExplained, codeOf } from './verdicts.js';
import { ProcessWatch, promise, type Tally } from './watch.js';

const BYSTANDER = 'a-token-of-the-bystander';
const CORPUS = { listener: corpusOf('listener'), client: corpusOf('client') };
const RUNTIME = 'agentId=agent-1&conversationId=conv-1';
const METADATA: Readonly<Record<(typeof LINKS)[number], object>> = {
  legacy: {},
  split: { eventSeqScope: 'runtime' },
  paired: { supportsPairedListenerGenerations: true },
  resumable: {
    environmentMessageProtocol: 'v2-input',
    supportsPairedListenerGenerations: true,
    supportsResumableChannels: true,
    supportsChunkedFrames: true,
    eventSeqScope: 'runtime',
    processInstanceId: 'process-1',
  },
};

/** A whole relay with its data on disk, a bystander's listener and client on it, and a listener that fuzzed clients reach. */
export class RelayTarget {
  private readonly registered = new Map<string, RegistrationResponse>();
  private runs = 0;
  private counted: Counted | undefined;
  private readonly watch = new ProcessWatch();

  private constructor(
    private readonly tally: Tally,
    private readonly folder: string,
    private readonly relay: NestExpressApplication,
    private readonly listeners: readonly FuzzListener[],
    private readonly bystander: Attachment,
    private readonly victim: string,
  ) {}

  static async start(tally: Tally): Promise<RelayTarget> {
    const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-fuzz-')));
    const relay = await startRelay({
      tokens: [TOKEN, BYSTANDER],
      dataDir: folder,
      maxFrameBytes: MAX_FRAME_BYTES,
      history: { maxEventsPerRuntime: 1_000, maxBytesPerRuntime: 2 ** 20, maxBytes: 2 ** 22 },
      limits: { registrationsPerSecond: 10_000 },
      drainGraceMs: 100,
    });
    const server = urlOf(relay);
    const listeners: FuzzListener[] = [];
    for (const [deviceId, token] of [
      ['victim', TOKEN],
      ['bystander', BYSTANDER],
    ] as const) {
      const listener = await FuzzListener.start({ server, token, deviceId });
      await listener.settled();
      listeners.push(listener);
    }
    const client = new TwinlaneClient({ server, token: BYSTANDER, WebSocket });
    const online = await client.environments({ onlineOnly: true });
    const idOf = (device: string): string => online.find(({ deviceId }) => deviceId === device)?.connectionId ?? '';
    const bystander = await client.attach(idOf('bystander'));
    await bystander.runtimeStart({ agent_id: null });
    return new RelayTarget(tally, folder, relay, listeners, bystander, idOf('victim'));
  }

  private get server(): string {
    return urlOf(this.relay);
  }

  /** Runs one case and holds the relay to what it promises. @throws Finding */
  async run(attempt: RelayCase): Promise<void> {
    this.runs++;
    const before = (this.counted ??= await Counted.at(this.server));
    await this.watch.during(async () => {
      const expected = await this.attack(attempt);
      this.counted = await assertCounted(this.server, before, expected);
      await this.bystanderTurns();
    });
  }

  async close(): Promise<void> {
    this.bystander.close();
    for (const listener of this.listeners) await listener.close();
    await this.relay.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  private attack(attempt: RelayCase): Promise<Expected[]> {
    switch (attempt.kind) {
      case 'listener':
        return this.asListener(attempt.link, attempt.messages);
      case 'client':
        return this.asClient(attempt.query, attempt.messages);
      case 'upgrade':
        return this.request('upgrade', 'GET', attempt.path, attempt.query, UPGRADE, attempt);
      default:
        return this.request(
          'http',
          attempt.body === undefined ? 'GET' : 'POST',
          attempt.target,
          attempt.query,
          {},
          attempt,
        );
    }
  }

  /** Somebody else's turn goes through, whole and in order. */
  private async bystanderTurns(): Promise<void> {
    const said: unknown[] = [];
    const turn = await this.bystander.turn('count');
    for await (const event of turn)
      if (isEvent(event, 'stream_delta') && event.delta.message_type === 'assistant_message')
        said.push(event.delta['content']);
    promise(JSON.stringify(said) === JSON.stringify(COUNTED), () => `A bystander's turn said ${JSON.stringify(said)}.`);
    promise(
      turn.outcome?.stop_reason === 'end_turn',
      () => `A bystander's turn ended with ${JSON.stringify(turn.outcome)}.`,
    );
  }

  private async asListener(link: (typeof LINKS)[number], messages: readonly Message[]): Promise<Expected[]> {
    const { wsUrl, connectionId } = await this.registrationOf(link);
    const attackers: Attacker[] = [];
    for (const query of this.socketsOf(link))
      attackers.push(attacker(await RawSocket.open(wsUrl + query, { token: TOKEN })));
    const [control] = attackers;
    if (!control) throw new Error('no socket');
    const askers = await Promise.all(['w1', 'w2'].map((name) => this.client(connectionId, `&client=${name}&chunks=1`)));
    const requests: string[] = [];
    for (const asker of askers) {
      asker.send({ type: 'read_file', request_id: 'mine', path: 'README.md' });
      const isNew = (id: unknown): id is string => typeof id === 'string' && !requests.includes(id);
      const { request_id: id } = await control.socket.seenWhere(
        ({ type, request_id: own }) => type === 'read_file' && isNew(own),
      );
      requests.push(String(id));
    }
    const writer = new Writer(CORPUS.listener, { requests, epoch: `epoch-${this.runs}` });
    const isNumbered = link === 'resumable';
    for (const message of messages) {
      const to = (message.second ? attackers[1] : undefined) ?? control;
      const name = isNumbered ? String(attackers.indexOf(to)) : undefined;
      send(to, writer.text(message, name), message);
    }
    const expected = await this.judge('listener', attackers);
    for (const asker of askers) {
      for (const frame of asker.frames) assertExplained(frame['error'], 'an answer');
      asker.ws.terminate();
    }
    return expected;
  }

  private async asClient(query: string, messages: readonly Message[]): Promise<Expected[]> {
    const client = attacker(await this.client(this.victim, query));
    const writer = new Writer(CORPUS.client, { requests: [], epoch: 'epoch' });
    // One that has begun to acknowledge is sent no more than it says it has read.
    let isPaced = false;
    for (const message of messages) {
      const text = writer.text(message);
      isPaced ||= text.includes('ack');
      send(client, text, message);
    }
    const expected = await this.judge('client', [client]);
    if (!client.closed && client.next === 'more' && !isPaced) assertAnswered(client.socket, client.sent);
    for (const { error, error_code: code } of client.socket.frames) {
      assertExplained(error, 'an answer');
      if (typeof code === 'string') {
        promise(Object.hasOwn(ERROR_CODES, code), () => `An answer has the code ${code}, which no table has.`);
        this.tally.add(`answer ${code}`);
      }
    }
    return expected;
  }

  /** Waits until all that was sent was read, then holds every end against the tables. */
  private async judge(peer: string, attackers: readonly Attacker[]): Promise<Expected[]> {
    for (const each of attackers) await wasTaken(each);
    const closes: Expected[] = [];
    for (const { socket, closed, next } of attackers) {
      if (closed && socket.ws.readyState === WebSocket.CLOSED) {
        this.tally.add(`${peer}: closed ${closed.code} ${closeNameOf(closed.code)}`);
        closes.push(...assertClosedWell(peer, closed, next === 'end'));
      }
    }
    const isOpen = attackers.every(({ closed, next }) => !closed && next === 'more');
    const refused = attackers.flatMap(({ sent }) => sent).filter(({ fault }) => fault !== undefined);
    this.tally.add(
      `${peer}: frames`,
      attackers.reduce((sum, { sent }) => sum + sent.length, 0),
    );
    for (const { fault } of refused) this.tally.add(`${peer}: refused ${fault?.fault}`);
    for (const { socket } of attackers) socket.ws.terminate();
    const drops = { name: 'twinlane_relay_dropped_frames_total', labels: { reason: 'unreadable' }, by: refused.length };
    return isOpen ? [...closes, drops] : closes;
  }

  private async request(
    at: 'http' | 'upgrade',
    method: string,
    target: string,
    query: readonly Odd[],
    base: Readonly<Record<string, string>>,
    {
      headers,
      isAllowed,
      ...rest
    }: Pick<Extract<RelayCase, { kind: 'http' }>, 'headers' | 'isAllowed'> & { body?: string | undefined },
  ): Promise<Expected[]> {
    const { body = '' } = rest;
    const all = {
      Host: new URL(this.server).host,
      ...(isAllowed ? { Authorization: `Bearer ${TOKEN}` } : {}),
      ...(method === 'POST'
        ? { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }
        : {}),
      ...base,
      ...Object.fromEntries(headers),
    };
    const search = query.map(([name, value]) => `${name}=${value}`).join('&');
    const path = `${target.replaceAll('$id', this.victim)}${search === '' ? '' : `?${search}`}`;
    const lines = [`${method} ${path} HTTP/1.1`, ...Object.entries(all).map(([name, value]) => `${name}: ${value}`)];
    const answer = await exchange(Number(new URL(this.server).port), lines, body);
    this.tally.add(`${at}: ${answer.status}${answer.status < 400 ? '' : ` ${codeOf(answer)}`}`);
    if (answer.status >= 100 && answer.status < 400) return [];
    return [{ name: 'twinlane_relay_refusals_total', labels: { code: codeOf(answer) }, by: 1 }];
  }

  private socketsOf(link: (typeof LINKS)[number]): string[] {
    if (link === 'legacy') return [''];
    const generation = `&connectionGeneration=${randomUUID()}&connectionAttempt=${this.runs}`;
    return ['control', 'stream'].map((channel) => `&channel=${channel}${link === 'split' ? '' : generation}`);
  }

  private async registrationOf(link: (typeof LINKS)[number]): Promise<RegistrationResponse> {
    const known = this.registered.get(link);
    if (known) return known;
    const response = await fetch(`${this.server}/v1/environments/register`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({ deviceId: `fuzz-${link}`, connectionName: link, metadata: METADATA[link] }),
    });
    const registration = (await response.json()) as RegistrationResponse;
    this.registered.set(link, registration);
    return registration;
  }

  private client(connectionId: string, query: string): Promise<RawSocket> {
    const url = `${this.server.replace('http', 'ws')}/v1/environments/${connectionId}/status/ws?${RUNTIME}${query}`;
    return RawSocket.open(url, { token: TOKEN });
  }
}

const UPGRADE = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

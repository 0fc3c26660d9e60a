import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KNOWN_COMMANDS, OTHER_TYPES, answerTypeOf, type Frame } from '../src/protocol/index.js';
import { AccessWorld, type Served, type Subject } from './kit/access-world.js';
import { dial, RawSocket } from './kit/raw-socket.js';

const SEED = 6;
const SECRET = 'what acme alone may see';
const RUNTIME = { agent_id: null, conversation_id: 'c1' };
const SCOPE = 'conversationId=c1';

let world: AccessWorld;
let ci: Served;
let rivals: Served;
let web: Served;
let device: RawSocket;
let rivalDevice: string;
/** Steers `ci`: has a request and a terminal that nobody else may touch. */
let victim: RawSocket;
/** What an attacker could know at best: every id there is. */
let ids: { readonly request: string; readonly terminal: string; readonly environment: string };
let marks = 0;

beforeAll(async () => {
  world = await AccessWorld.start();
  ci = await world.register('device', 'ci-one', 'device-1');
  web = await world.register('deviceOutside', 'web-one');
  rivalDevice = (await world.make({ name: 'device', role: 'device', organizationId: 'rival' })).token;
  const { body } = await world.relay.rest('/v1/environments/register', {
    token: rivalDevice,
    body: { deviceId: 'device-1', connectionName: 'ci-one' },
  });
  rivals = body as unknown as Served;
  device = await world.open('device', ci.wsUrl);
  victim = await world.open('client', world.statusUrl(ci, `${SCOPE}&client=victim`));
  victim.send({ type: 'terminal_spawn', terminal_id: 't1', cols: 80, rows: 24 });
  victim.send({ type: 'read_file', request_id: 'r1', path: 'secret' });
  const spawned = await device.seen('terminal_spawn');
  const asked = await device.seen('read_file');
  const shown = await world.ask('client', 'GET', `/v1/environments/${ci.connectionId}`);
  ids = {
    request: String(asked['request_id']),
    terminal: String(spawned['terminal_id']),
    environment: String(shown.body['id']),
  };
});
afterAll(() => world.close());

const TYPES = [
  ...KNOWN_COMMANDS,
  ...KNOWN_COMMANDS.map(answerTypeOf),
  ...OTHER_TYPES,
  'input',
  'stream_delta',
  'made_up',
];

/** Fields of frames, and names that mean something elsewhere. */
const KEYS = [
  'type',
  'request_id',
  'terminal_id',
  'id',
  'runtime',
  'payload',
  'path',
  'seq',
  'event_seq',
  'event_epoch',
  'connectionId',
  'environmentId',
  'organizationId',
  'tokenId',
  'lease',
  'client',
  'token',
  'mayApprove',
  'role',
  'idempotency_key',
  'data',
  'index',
  'last',
  'success',
  '__proto__',
  'constructor',
  'channel',
  'resumeFrom',
];

/** One `"key":value` of a message; the same key may come more than once, and be written in another way. */
const pair = (): fc.Arbitrary<string> => {
  const key = fc.constantFrom(...KEYS);
  const known = fc
    .constantFrom('request', 'terminal', 'environment', 'connection', 'lease', 'runtime', 'payload', 'approval')
    .map((name) => JSON.stringify(knownValue(name)));
  const value = fc.oneof(
    known,
    fc.constantFrom(...TYPES).map((type) => JSON.stringify(type)),
    fc.json({ maxDepth: 1 }),
  );
  return fc.tuple(key, value, fc.boolean()).map(([name, text, isEscaped]) => {
    const written = isEscaped ? `\\u${name.charCodeAt(0).toString(16).padStart(4, '0')}${name.slice(1)}` : name;
    return `"${written}":${text}`;
  });
};

function knownValue(name: string): unknown {
  const approval = { kind: 'approval_response', request_id: 'a1', decision: { behavior: 'allow' } };
  const values: Readonly<Record<string, unknown>> = {
    ...ids,
    connection: ci.connectionId,
    lease: new URL(ci.wsUrl).searchParams.get('lease'),
    runtime: RUNTIME,
    payload: { kind: 'create_message', messages: [{ role: 'user', content: 'x' }] },
    approval,
  };
  return values[name];
}

/** A message: a plausible frame, with some of its fields forged, repeated or foreign. */
const message = (): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom(...TYPES), fc.array(pair(), { maxLength: 6 }), fc.boolean()).map(([type, pairs, isLast]) => {
    const own = [`"type":${JSON.stringify(type)}`, `"runtime":${JSON.stringify(RUNTIME)}`];
    return `{${(isLast ? [...pairs, ...own] : [...own, ...pairs]).join(',')}}`;
  });

/** Sends all of it, and resolves when the relay has read it, or has closed the socket. */
async function attack(socket: RawSocket, messages: readonly string[]): Promise<void> {
  for (const text of messages) socket.send(text);
  const before = socket.frames.filter(({ type }) => type === 'pong').length;
  socket.send({ type: 'ping' });
  const answered = socket.seenWhere(() => socket.frames.filter(({ type }) => type === 'pong').length > before);
  await Promise.race([answered.catch(() => {}), socket.closed]);
}

/** What `ci` has got and its client was shown since, when both have nothing left to read. */
async function untouched(deviceFrom: number, victimFrom: number): Promise<[Frame[], Frame[]]> {
  const marker = `m${marks++}`;
  victim.send({ type: 'app_server_info', marker });
  await device.seenWhere((frame) => frame['marker'] === marker);
  device.send({ type: 'made_up_for_all', marker, said: SECRET });
  await victim.seenWhere((frame) => frame['marker'] === marker);
  const others = ({ frames }: RawSocket, from: number) =>
    frames.slice(from).filter((frame) => frame['marker'] !== marker);
  return [others(device, deviceFrom), others(victim, victimFrom)];
}

describe('a way through', () => {
  const attackers: Readonly<Record<string, () => Promise<RawSocket>>> = {
    'a client of another organisation': () => world.open('stranger', world.statusUrl(rivals, `${SCOPE}&client=victim`)),
    'a client of other environments': () => world.open('outside', world.statusUrl(web, `${SCOPE}&client=victim`)),
    'a client that watches': () => world.open('watcher', world.statusUrl(ci, `${SCOPE}&client=victim`)),
    'a device of another organisation': () => RawSocket.open(rivals.wsUrl, { token: rivalDevice }),
    'a device of the same organisation': () => world.open('deviceOutside', web.wsUrl),
  };

  it.each(Object.entries(attackers))('%s finds none', async (name, open) => {
    await fc.assert(
      fc.asyncProperty(fc.array(message(), { minLength: 1, maxLength: 8 }), async (messages) => {
        const [deviceFrom, victimFrom] = [device.frames.length, victim.frames.length];
        const socket = await open();
        await attack(socket, messages);
        expect(await untouched(deviceFrom, victimFrom)).toEqual([[], []]);
        // Who watches is shown what is for everybody.
        if (name !== 'a client that watches') expect(JSON.stringify(socket.frames)).not.toContain(SECRET);
        socket.ws.terminate();
        await socket.closed;
      }),
      { seed: SEED, numRuns: 60 },
    );
  });

  it('no address lets in whom its token does not', async () => {
    const subjects: readonly Subject[] = [
      'stranger',
      'strangerAdmin',
      'outside',
      'deviceOutside',
      'expired',
      'revoked',
    ];
    const query = fc.array(
      fc
        .tuple(
          fc.constantFrom(
            'client',
            'agentId',
            'conversationId',
            'channel',
            'token',
            'lease',
            'organizationId',
            'resumeFrom',
          ),
          fc.constantFrom('victim', 'c1', 'control', 'acme', '0', '', '%00', 'foreign'),
        )
        .map(([name, value]) => `${name}=${value}`),
      { maxLength: 5 },
    );
    const address = fc.tuple(
      fc.constantFrom(...subjects),
      fc.constantFrom('connection', 'environment', 'device', 'encoded', 'dotted'),
      fc.constantFrom('status', 'listener'),
      query,
    );
    await fc.assert(
      fc.asyncProperty(address, async ([subject, named, kind, parameters]) => {
        const connection = ci.connectionId;
        const names: Readonly<Record<string, string>> = {
          connection,
          environment: ids.environment,
          device: 'device-1',
          encoded: connection
            .split('')
            .map((char) => `%${char.charCodeAt(0).toString(16)}`)
            .join(''),
          dotted: `${web.connectionId}/../${connection}`,
        };
        const lease = kind === 'listener' ? `lease=${String(knownValue('lease'))}&` : '';
        const path = `/v1/environments/${names[named] ?? ''}/${kind}/ws?${lease}${parameters.join('&')}`;
        const [deviceFrom, victimFrom] = [device.frames.length, victim.frames.length];
        const ws = dial(world.relay.ws(path), { token: world.tokenOf(subject) ?? '' });
        const outcome = await new Promise<number | string>((resolve) => {
          ws.on('error', () => {});
          ws.once('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
          ws.on('message', (data: Buffer) => resolve(data.toString('utf8')));
          ws.once('close', (code: number) => resolve(code));
        });
        // Refused, or let in to be told that there is no such lease.
        expect([400, 401, 403, 404, 409, 1008]).toContain(outcome);
        expect(await untouched(deviceFrom, victimFrom)).toEqual([[], []]);
        ws.terminate();
      }),
      { seed: SEED, numRuns: 120 },
    );
  });
});

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  answerTypeOf,
  KNOWN_COMMANDS,
  isAnswered,
  OTHER_TYPES,
  SNAPSHOT_TYPES,
  type Frame,
} from '../src/protocol/index.js';
import { AccessWorld, SUBJECTS, type Answer, type Served, type Subject } from './kit/access-world.js';
import { dial, type RawSocket, refused } from './kit/raw-socket.js';

let world: AccessWorld;
/** Of `acme`: where the listener is connected, one that is offline, and one that only `outside` sees. */
let ci: Served;
let offline: Served;
let web: Served;
/** Of `rival`, with the same name as `ci`. */
let rivals: Served;
let device: RawSocket;

beforeAll(async () => {
  world = await AccessWorld.start();
  const rivalDevice = await world.make({ name: 'device', role: 'device', organizationId: 'rival' });
  ci = await world.register('device', 'ci-one');
  offline = await world.register('device', 'ci-two');
  web = await world.register('deviceOutside', 'web-one');
  const { body } = await world.relay.rest('/v1/environments/register', {
    token: rivalDevice.token,
    body: { deviceId: 'device-r', connectionName: 'ci-one' },
  });
  rivals = body as unknown as Served;
  device = await world.open('device', ci.wsUrl);
});
afterAll(() => world.close());

/** What a subject meets: it is let through, or refused with this code. */
type Verdict = 'in' | 'ACCESS_REFUSED' | 'ENVIRONMENT_UNKNOWN' | 'TOKEN_UNKNOWN' | 'ORGANIZATION_UNKNOWN';
type Named = Exclude<Subject, 'expired' | 'revoked' | 'nobody'>;

interface Row {
  /** Makes what is asked about, which a request may take away. */
  readonly request: () => Promise<{ readonly path: string; readonly body?: unknown }>;
  readonly verdicts: Readonly<Record<Named, Verdict>>;
}

const NO = 'ACCESS_REFUSED';
const HIDDEN = 'ENVIRONMENT_UNKNOWN';
const everybody = (verdict: Verdict, others: Partial<Record<Named, Verdict>> = {}): Row['verdicts'] => ({
  operator: verdict,
  admin: verdict,
  client: verdict,
  unapproving: verdict,
  watcher: verdict,
  outside: verdict,
  device: verdict,
  deviceOutside: verdict,
  stranger: verdict,
  strangerAdmin: verdict,
  ...others,
});
/** An environment of acme: who is of another organisation, or whose patterns leave it out, cannot tell that it is there. */
const aboutOne = (others: Partial<Record<Named, Verdict>> = {}): Row['verdicts'] =>
  everybody('in', {
    operator: HIDDEN,
    outside: HIDDEN,
    stranger: HIDDEN,
    strangerAdmin: HIDDEN,
    device: NO,
    deviceOutside: NO,
    ...others,
  });
const OPERATORS = everybody(NO, { operator: 'in' });

let made = 0;
const fresh = async (): Promise<Served> => world.register('device', `ci-fresh-${made++}`);
const token = async () => world.make({ name: 'target', role: 'client', organizationId: 'acme' });

const ROUTES: Readonly<Record<string, Row>> = {
  'POST /v1/environments/register': {
    request: async () => ({
      path: '/v1/environments/register',
      body: { deviceId: `device-${made++}`, connectionName: 'ci-new' },
    }),
    verdicts: everybody(NO, { operator: 'in', device: 'in' }),
  },
  'GET /v1/environments': {
    request: async () => ({ path: '/v1/environments' }),
    verdicts: everybody('in', { device: NO, deviceOutside: NO }),
  },
  'GET /v1/environment-changes': {
    request: async () => ({ path: '/v1/environment-changes' }),
    verdicts: everybody('in', { device: NO, deviceOutside: NO }),
  },
  'GET /v1/environments/:name': {
    request: async () => ({ path: `/v1/environments/${ci.connectionId}` }),
    verdicts: aboutOne(),
  },
  'GET /v1/environments/:name/runtimes': {
    request: async () => ({ path: `/v1/environments/${offline.connectionId}/runtimes` }),
    verdicts: aboutOne(),
  },
  'POST /v1/environments/:name/messages': {
    request: async () => ({
      path: `/v1/environments/${offline.connectionId}/messages`,
      body: { messages: [{ role: 'user', content: 'hi' }] },
    }),
    verdicts: aboutOne({ watcher: NO }),
  },
  'DELETE /v1/environments/:name': {
    request: async () => ({ path: `/v1/environments/${(await fresh()).connectionId}` }),
    verdicts: aboutOne({ client: NO, unapproving: NO, watcher: NO }),
  },
  'POST /v1/environments/:name/release': {
    request: async () => ({ path: `/v1/environments/${(await fresh()).connectionId}/release` }),
    verdicts: aboutOne({ client: NO, unapproving: NO, watcher: NO }),
  },
  'POST /v1/tokens': {
    request: async () => ({
      path: '/v1/tokens',
      body: { name: 'mine', role: 'client', organizationId: 'acme' },
    }),
    verdicts: everybody(NO, { operator: 'in', admin: 'in', strangerAdmin: 'ORGANIZATION_UNKNOWN' }),
  },
  'GET /v1/tokens': {
    request: async () => ({ path: '/v1/tokens?organizationId=acme' }),
    verdicts: everybody(NO, { operator: 'in', admin: 'in', strangerAdmin: 'ORGANIZATION_UNKNOWN' }),
  },
  'DELETE /v1/tokens/:id': {
    request: async () => ({ path: `/v1/tokens/${(await token()).id}` }),
    verdicts: everybody(NO, { operator: 'in', admin: 'in', strangerAdmin: 'TOKEN_UNKNOWN' }),
  },
  'POST /v1/organizations': {
    request: async () => ({ path: '/v1/organizations', body: { id: `org-${made++}` } }),
    verdicts: OPERATORS,
  },
  'GET /v1/organizations': { request: async () => ({ path: '/v1/organizations' }), verdicts: OPERATORS },
  'DELETE /v1/organizations/:id': {
    request: async () => {
      const id = `gone-${made++}`;
      await world.ask('operator', 'POST', '/v1/organizations', { id });
      return { path: `/v1/organizations/${id}` };
    },
    verdicts: OPERATORS,
  },
  'GET /v1/audit': {
    request: async () => ({ path: '/v1/audit' }),
    verdicts: everybody(NO, { operator: 'in', admin: 'in', strangerAdmin: 'in' }),
  },
  'GET /v1/limits': {
    request: async () => ({ path: '/v1/limits' }),
    verdicts: everybody(NO, { operator: 'in', admin: 'in', strangerAdmin: 'in' }),
  },
  'GET /v1/log-levels': { request: async () => ({ path: '/v1/log-levels' }), verdicts: OPERATORS },
  'PUT /v1/log-levels': {
    request: async () => ({ path: '/v1/log-levels', body: { levels: 'warn' } }),
    verdicts: OPERATORS,
  },
  'POST /v1/session': {
    request: async () => ({ path: '/v1/session' }),
    verdicts: everybody('in', { device: NO, deviceOutside: NO }),
  },
  'GET /v1/session': {
    request: async () => ({ path: '/v1/session' }),
    verdicts: everybody('in', { device: NO, deviceOutside: NO }),
  },
  'GET /metrics': { request: async () => ({ path: '/metrics' }), verdicts: OPERATORS },
};

/** They say nothing of anybody, and ask for no token: a probe has none. */
const OPEN_ROUTES = [
  'GET /v1/health',
  'GET /healthz',
  'GET /readyz',
  'GET /v1/openapi.json',
  'GET /v1/asyncapi.json',
  // Takes a cookie back, also one whose token has ended.
  'DELETE /v1/session',
];

const ENDED: Readonly<Record<string, string>> = {
  expired: 'TOKEN_EXPIRED',
  revoked: 'TOKEN_REVOKED',
  nobody: 'TOKEN_REFUSED',
};

function verdictOf({ status, body }: Answer): string {
  const code = body['errorCode'];
  const statuses: Readonly<Record<string, number>> = {
    ACCESS_REFUSED: 403,
    ENVIRONMENT_UNKNOWN: 404,
    TOKEN_UNKNOWN: 404,
  };
  if (typeof code !== 'string' || (status !== 401 && status !== 403 && status !== 404)) return 'in';
  expect(status).toBe(code.startsWith('TOKEN_R') || code === 'TOKEN_EXPIRED' ? 401 : (statuses[code] ?? 404));
  expect(String(body['message'])).toMatch(/^[A-Z].*\.$/);
  return code;
}

describe('REST', () => {
  it('every route has its row', () => {
    expect(world.routes().toSorted()).toEqual([...Object.keys(ROUTES), ...OPEN_ROUTES].toSorted());
  });

  const cases = Object.entries(ROUTES).flatMap(([route, row]) =>
    SUBJECTS.map((subject) => [route, subject, row] as const),
  );
  it.each(cases)('%s: %s', async (route, subject, { request, verdicts }) => {
    const { path, body } = await request();
    const answer = await world.ask(subject, route.split(' ')[0] ?? '', path, body);
    expect(verdictOf(answer)).toBe(ENDED[subject] ?? verdicts[subject as Named]);
  });

  it.each([
    ['client', 'ci-'],
    ['watcher', 'ci-'],
    ['outside', 'web-'],
  ] as const)('the list of %s shows what its patterns name', async (subject, begin) => {
    const { body } = await world.ask(subject, 'GET', '/v1/environments');
    const shown = body['connections'] as { connectionName: string; organizationId: string }[];
    expect(shown.length).toBeGreaterThan(0);
    for (const { connectionName, organizationId } of shown)
      expect([organizationId, connectionName.startsWith(begin)]).toEqual(['acme', true]);
  });

  it('a list goes on from page to page through what is shown, and tells nothing of the rest', async () => {
    const first = await world.ask('outside', 'GET', '/v1/environments?limit=1');
    expect(first.body).toMatchObject({ connections: [{ connectionName: 'web-one' }], hasNextPage: false });
    const hidden = await world.ask('client', 'GET', `/v1/environments/${ci.connectionId}`);
    const after = await world.ask('outside', 'GET', `/v1/environments?after=${String(hidden.body['id'])}`);
    expect(after).toMatchObject({ status: 400, body: { errorCode: 'BAD_REQUEST' } });
  });

  it('an admin lists the tokens of its organisation alone, and no answer holds a token or its digest', async () => {
    const { body } = await world.ask('strangerAdmin', 'GET', '/v1/tokens');
    const tokens = body['tokens'] as Record<string, unknown>[];
    expect(tokens.map(({ organizationId }) => organizationId)).toEqual(tokens.map(() => 'rival'));
    for (const entry of tokens) expect(entry).not.toHaveProperty('token');
    expect(JSON.stringify(body)).not.toMatch(/tl_|digest|[0-9a-f]{64}/);
  });
});

const STATUS = 'WS /v1/environments/:connectionId/status/ws';
const LISTENER = 'WS /v1/environments/:connectionId/listener/ws';
const GATEWAYS: Readonly<Record<string, { readonly url: () => string; readonly verdicts: Row['verdicts'] }>> = {
  [STATUS]: { url: () => world.statusUrl(ci), verdicts: aboutOne() },
  [LISTENER]: {
    url: () => offline.wsUrl,
    // A lease that is none of theirs is none at all: told by a close.
    verdicts: everybody(NO, { operator: HIDDEN, device: 'in', deviceOutside: HIDDEN }),
  },
};

describe('sockets', () => {
  it('every gateway has its row', () => {
    expect(world.gateways().toSorted()).toEqual(Object.keys(GATEWAYS).toSorted());
  });

  const cases = Object.entries(GATEWAYS).flatMap(([path, row]) =>
    SUBJECTS.map((subject) => [path, subject, row] as const),
  );
  it.each(cases)('%s: %s', async (path, subject, { url, verdicts }) => {
    const verdict = ENDED[subject] ?? verdicts[subject as Named];
    const shown = world.tokenOf(subject);
    const options = shown === undefined ? {} : { token: shown };
    if (verdict === 'in') return void (await (await world.open(subject, url())).close());
    if (path === LISTENER && verdict === HIDDEN) {
      const socket = await world.open(subject, url());
      return expect(await socket.closed).toMatchObject({
        code: 1008,
        reason: expect.stringContaining('does not know'),
      });
    }
    const refusal = await refused(dial(url(), options));
    expect(verdictOf({ status: refusal.status ?? 0, body: refusal.body as Answer['body'] })).toBe(verdict);
  });
});

const RUNTIME = { agent_id: null, conversation_id: 'c1' };
const SCOPE = 'conversationId=c1';

/** What comes of a frame that a client sends which only watches. */
type Outcome =
  /** Answered with `ACCESS_REFUSED`. */
  | 'refused'
  /** Refused where nothing answers it: dropped. */
  | 'dropped'
  /** The relay answers by itself. */
  | 'answered'
  /** Of the socket itself. */
  | 'own';

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  ...Object.fromEntries(KNOWN_COMMANDS.map((type) => [type, isAnswered(type) ? 'refused' : 'dropped'] as const)),
  ...Object.fromEntries(KNOWN_COMMANDS.map((type) => [answerTypeOf(type), 'dropped'] as const)),
  ...Object.fromEntries([...SNAPSHOT_TYPES, 'stream_delta', 'turn_finished'].map((type) => [type, 'refused'] as const)),
  control_request: 'refused',
  control_request_resolved: 'refused',
  made_up_by_a_client: 'refused',
  sync: 'answered',
  ping: 'own',
  pong: 'own',
  ack: 'own',
  token_renew: 'own',
};
const FRAME_TYPES = [...new Set([...Object.keys(OUTCOMES), ...OTHER_TYPES])];

/** With every field that some frame looks at. */
function frameOf(type: string): Frame {
  const payload = { kind: 'create_message', messages: [{ role: 'user', content: 'ls' }] };
  const where = { path: 'a', file_path: 'a', query: 'a', cwd: '.', branch: 'b', terminal_id: 't1' };
  return { type, request_id: `r-${type}`, runtime: RUNTIME, payload, ...where, ...(type === 'ack' ? { seq: 0 } : {}) };
}

/** Sends, and resolves when the relay has read it. */
async function said(socket: RawSocket, frame: Frame): Promise<void> {
  const before = socket.frames.filter(({ type }) => type === 'pong').length;
  socket.send(frame);
  socket.send({ type: 'ping' });
  await socket.seenWhere(() => socket.frames.filter(({ type }) => type === 'pong').length > before);
}

describe('frames of clients', () => {
  let watching: RawSocket;
  let steering: RawSocket;
  beforeEach(async () => {
    watching = await world.open('watcher', world.statusUrl(ci, SCOPE));
    steering = await world.open('unapproving', world.statusUrl(ci, SCOPE));
  });
  afterEach(async () => {
    await watching.close();
    await steering.close();
  });

  /** What the device has got since, without what steers on purpose. */
  async function reached(from: number): Promise<Frame[]> {
    const id = `marker-${made++}`;
    steering.send({ type: 'app_server_info', request_id: 'm', marker: id });
    await device.seenWhere((frame) => frame['marker'] === id);
    return device.frames.slice(from).filter((frame) => frame['marker'] !== id);
  }

  it('every command of the protocol has its row, and none of them but sync is for watching', () => {
    for (const type of KNOWN_COMMANDS) expect(OUTCOMES).toHaveProperty(type);
    expect(KNOWN_COMMANDS.filter((type) => OUTCOMES[type] === 'answered')).toEqual(['sync']);
  });

  it.each(FRAME_TYPES)('%s of one that watches reaches no device', async (type) => {
    const from = device.frames.length;
    const told = watching.frames.length;
    await said(watching, frameOf(type));
    expect(await reached(from)).toEqual([]);
    const answer = watching.frames.slice(told).find((frame) => frame['request_id'] === `r-${type}`);
    const outcome = OUTCOMES[type];
    if (outcome === 'refused') expect(answer).toMatchObject({ success: false, error_code: 'ACCESS_REFUSED' });
    if (outcome === 'refused') expect(answer?.['error']).toContain('"watch"');
    if (outcome === 'answered') expect(answer).toMatchObject({ success: true });
  });

  it.each(KNOWN_COMMANDS)('%s of one that steers reaches the device', async (type) => {
    const from = device.frames.length;
    await said(steering, frameOf(type));
    expect((await reached(from)).map((frame) => frame.type)).toEqual([type]);
  });

  it.each(['watcher', 'unapproving'] as const)('an approval that %s answers reaches no device', async (subject) => {
    const socket = subject === 'watcher' ? watching : steering;
    const from = device.frames.length;
    const payload = { kind: 'approval_response', request_id: 'a1', decision: { behavior: 'allow' } };
    await said(socket, { type: 'input', request_id: `approve-${subject}`, runtime: RUNTIME, payload });
    expect(await reached(from)).toEqual([]);
    expect(await socket.seenWhere((frame) => frame['request_id'] === `approve-${subject}`)).toMatchObject({
      accepted: false,
      error_code: 'APPROVAL_NOT_ALLOWED',
    });
  });

  it('what asks for approval is shown to those who may give it, and withheld from the others', async () => {
    const approving = await world.open('client', world.statusUrl(ci, SCOPE));
    const secret = { subtype: 'can_use_tool', tool_name: 'secret-tool', input: {}, tool_call_id: 'x' };
    device.send({
      type: 'control_request',
      request_id: 'a2',
      request: secret,
      runtime: RUNTIME,
      event_seq: 1,
      idempotency_key: 'k',
    });
    expect(await approving.seen('control_request')).toMatchObject({ request: secret });
    for (const socket of [watching, steering]) {
      await socket.seen('control_request_withheld');
      expect(JSON.stringify(socket.frames)).not.toContain('secret-tool');
    }
    await approving.close();
  });
});

describe('frames of devices', () => {
  it('none of any type crosses to another organisation, or to an environment that was not asked for', async () => {
    const watcher = await world.open('watcher', world.statusUrl(ci, SCOPE));
    const others = [
      await world.open('stranger', world.statusUrl(rivals, SCOPE)),
      await world.open('outside', world.statusUrl(web, SCOPE)),
      await world.open('client', world.statusUrl(offline, SCOPE)),
    ];
    for (const [index, type] of FRAME_TYPES.entries())
      device.send({ ...frameOf(type), event_seq: 1_000 + index, idempotency_key: `${type}:${index}`, said: 'by acme' });
    device.send({
      type: 'stream_delta',
      runtime: RUNTIME,
      event_seq: 2_000,
      idempotency_key: 'last',
      delta: { message_type: 'last' },
    });
    await watcher.seenWhere((frame) => frame['idempotency_key'] === 'last');
    for (const other of others) {
      await said(other, { type: 'ack', seq: 0 });
      expect(other.frames.filter(({ type }) => type !== 'pong')).toEqual([]);
    }
    expect(watcher.frames.length).toBeGreaterThan(5);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AccessWorld,
  SUBJECTS,
  type Answer,
  type Served,
  type ServedEnvironments,
  type Subject,
} from './kit/access-world.js';
import { dial, refused } from './kit/raw-socket.js';

let world: AccessWorld;
let served: ServedEnvironments;

beforeAll(async () => {
  world = await AccessWorld.start();
  served = await world.serve();
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
    request: async () => ({ path: `/v1/environments/${served.ci.connectionId}` }),
    verdicts: aboutOne(),
  },
  'GET /v1/environments/:name/runtimes': {
    request: async () => ({ path: `/v1/environments/${served.offline.connectionId}/runtimes` }),
    verdicts: aboutOne(),
  },
  'POST /v1/environments/:name/messages': {
    request: async () => ({
      path: `/v1/environments/${served.offline.connectionId}/messages`,
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
  'GET /v1/nodes': { request: async () => ({ path: '/v1/nodes' }), verdicts: OPERATORS },
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
    const hidden = await world.ask('client', 'GET', `/v1/environments/${served.ci.connectionId}`);
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
  [STATUS]: { url: () => world.statusUrl(served.ci), verdicts: aboutOne() },
  [LISTENER]: {
    url: () => served.offline.wsUrl,
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

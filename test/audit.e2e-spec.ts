import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { AuditEntry, AuditPage, Frame } from '../src/protocol/index.js';
import { ON_NATS } from './kit/engine-under-test.js';
import { AccessWorld, SUBJECTS, type Served } from './kit/access-world.js';
import { temporaryDirectory } from './kit/cli.js';
import { dial, RawSocket, refused } from './kit/raw-socket.js';

const RUNTIME = { agent_id: null, conversation_id: 'c1' };
const SCOPE = 'conversationId=c1';
const SECRET = 'what-nobody-else-should-read';

let world: AccessWorld;
let directory: { path: string; remove: () => Promise<void> };
let ci: Served;
let device: RawSocket;
let client: RawSocket;

beforeAll(async () => {
  directory = await temporaryDirectory();
  // Some ask again and again until something holds.
  const limits = { addressRequestBurst: 1_000_000, auditPageBurst: 1_000_000 };
  world = await AccessWorld.start({ dataDir: directory.path, limits });
  ci = await world.register('device', 'ci-one');
  device = await world.open('device', ci.wsUrl);
  client = await world.open('client', world.statusUrl(ci, SCOPE));
});
afterAll(async () => {
  await world.close();
  await directory.remove();
});

async function entries(query = '', subject: 'admin' | 'operator' | 'strangerAdmin' = 'admin'): Promise<AuditEntry[]> {
  const { status, body } = await world.ask(subject, 'GET', `/v1/audit?${query}`);
  expect(status).toBe(200);
  return [...(body as unknown as AuditPage).entries];
}

/** Sends, and resolves when the relay has read it. */
async function said(socket: RawSocket, frame: object): Promise<void> {
  const pongs = (): number => socket.frames.filter(({ type }) => type === 'pong').length;
  const before = pongs();
  socket.send(frame);
  socket.send({ type: 'ping' });
  await socket.seenWhere(() => pongs() > before);
}

/** Asks again until it holds: what a socket's end brings about is not there the moment that its peer knows of it. */
async function eventually(query: string, holds: (found: readonly AuditEntry[]) => boolean): Promise<AuditEntry[]> {
  for (;;) {
    const found = await entries(query);
    if (holds(found)) return found;
  }
}

const command = async (frame: object): Promise<AuditEntry | undefined> => {
  await said(client, frame);
  return (await entries('kind=command&limit=1'))[0];
};

describe('who attached', () => {
  it('a listener and a client are told with token, address and environment', async () => {
    const all = await entries('environment=ci-one');
    const kinds = all.map(({ kind }) => kind);
    expect(kinds).toEqual(expect.arrayContaining(['listener_registered', 'listener_online', 'client_attached']));
    expect(all.find(({ kind }) => kind === 'client_attached')).toMatchObject({
      organizationId: 'acme',
      tokenId: world.idOf('client'),
      tokenName: 'client',
      address: '127.0.0.1',
      environmentName: 'ci-one',
      runtime: RUNTIME,
    });
    expect(all.find(({ kind }) => kind === 'listener_registered')).toMatchObject({ tokenId: world.idOf('device') });
  });

  it('two sockets of one client are one; it is gone when both are', async () => {
    const query = `${SCOPE}&client=one-client`;
    const control = await world.open('client', world.statusUrl(ci, `${query}&channel=control`));
    const stream = await world.open('client', world.statusUrl(ci, `${query}&channel=stream`));
    const count = async (kind: string): Promise<number> => (await entries(`kind=${kind}`)).length;
    const [attached, detached] = [await count('client_attached'), await count('client_detached')];
    await control.close();
    await said(stream, { type: 'sync', request_id: 's', runtime: RUNTIME });
    expect(await count('client_detached')).toBe(detached);
    await stream.close();
    await eventually('kind=client_detached', ({ length }) => length > detached);
    expect([await count('client_attached'), await count('client_detached')]).toEqual([attached, detached + 1]);
  });

  it('a listener that goes, comes, or is replaced by another process', async () => {
    const served = await world.register('device', 'ci-going', 'device-going');
    const first = await world.open('device', served.wsUrl);
    const again = await world.register('device', 'ci-going', 'device-going');
    const second = await world.open('device', again.wsUrl);
    await first.closed;
    await second.close();
    const found = await eventually('environment=ci-going', ([newest]) => newest?.kind === 'listener_offline');
    const kinds = found.map(({ kind }) => kind);
    expect(kinds).toEqual([
      'listener_offline',
      'listener_superseded',
      'listener_registered',
      'listener_online',
      'listener_registered',
    ]);
  });
});

describe('who ran what', () => {
  it.each([
    [{ type: 'terminal_spawn', terminal_id: 't1', cols: 80, rows: 24, command: 'npm test' }, { command: 'npm test' }],
    [{ type: 'execute_command', request_id: 'e', command_id: 'model', args: 'large' }, { command_id: 'model' }],
    [
      { type: 'write_file', request_id: 'w', path: 'a.txt', content: SECRET },
      { path: 'a.txt', characters: 28 },
    ],
    [
      { type: 'edit_file', request_id: 'd', file_path: 'b.txt', old_string: SECRET, new_string: SECRET },
      { file_path: 'b.txt' },
    ],
    [{ type: 'checkout_branch', request_id: 'c', branch: 'main' }, { branch: 'main' }],
    [
      {
        type: 'input',
        request_id: 'i',
        runtime: RUNTIME,
        payload: { kind: 'create_message', messages: [{ role: 'user', content: SECRET }] },
      },
      { kind: 'create_message', characters: 28, requestId: 'i' },
    ],
  ])('%o', async (frame, details) => {
    const entry = await command(frame);
    expect(entry).toMatchObject({
      tokenId: world.idOf('client'),
      environmentName: 'ci-one',
      details: { type: frame.type, ...details },
    });
    expect(JSON.stringify(entry)).not.toContain(SECRET);
  });

  it('over REST, too', async () => {
    const sent = world.ask('client', 'POST', `/v1/environments/${ci.connectionId}/messages`, {
      messages: [{ role: 'user', content: SECRET }],
    });
    const asked = await device.seenWhere(
      (frame) =>
        frame.type === 'input' &&
        frame['runtime'] !== undefined &&
        !('answered' in frame) &&
        JSON.stringify(frame['runtime']).includes('default'),
    );
    device.send({ type: 'input_accepted', request_id: asked['request_id'], accepted: true });
    await sent;
    expect((await entries('kind=command&limit=1'))[0]).toMatchObject({
      address: '127.0.0.1',
      details: { type: 'input', characters: 28 },
    });
  });

  it('what only reads is not recorded, and neither are keys', async () => {
    const before = await entries('kind=command');
    await said(client, { type: 'read_file', request_id: 'r', path: 'a' });
    await said(client, { type: 'terminal_input', terminal_id: 't1', data: SECRET });
    await said(client, { type: 'sync', request_id: 's', runtime: RUNTIME });
    expect(await entries('kind=command')).toEqual(before);
  });

  it('an approval, with its tool, and the one that came too late', async () => {
    const other = await world.open('client', world.statusUrl(ci, SCOPE));
    device.send({
      type: 'control_request',
      request_id: 'a1',
      request: { subtype: 'can_use_tool', tool_name: 'bash', input: { command: SECRET }, tool_call_id: 'x' },
      runtime: RUNTIME,
      event_seq: 1,
      idempotency_key: 'k1',
    });
    await client.seen('control_request');
    const answer = (request_id: string, behavior: string): Frame => ({
      type: 'input',
      request_id,
      runtime: RUNTIME,
      payload: { kind: 'approval_response', request_id: 'a1', decision: { behavior } },
    });
    const isAnswer = (frame: Frame): boolean => JSON.stringify(frame).includes('approval_response');
    client.send(answer('yes', 'allow'));
    const asked = await device.seenWhere(isAnswer);
    device.send({ type: 'input_accepted', request_id: asked['request_id'], accepted: true });
    await client.seenWhere((frame) => frame['request_id'] === 'yes');
    other.send(answer('no', 'deny'));
    await other.seenWhere((frame) => frame['request_id'] === 'no');
    expect(await entries('kind=approval')).toMatchObject([
      { details: { requestId: 'a1', decision: 'deny', outcome: 'too late' } },
      { details: { requestId: 'a1', tool: 'bash', decision: 'allow', outcome: 'accepted' }, runtime: RUNTIME },
    ]);
    await other.close();
  });
});

describe('who administered', () => {
  it('tokens, and environments', async () => {
    const { body } = await world.ask('admin', 'POST', '/v1/tokens', { name: 'new one', role: 'client' });
    await world.ask('admin', 'DELETE', `/v1/tokens/${String(body['id'])}`);
    const gone = await world.register('device', 'ci-gone');
    await world.ask('admin', 'POST', `/v1/environments/${gone.connectionId}/release`);
    await world.ask('admin', 'DELETE', `/v1/environments/${gone.connectionId}`);
    const done = (await entries(`token=${world.idOf('admin')}`)).toReversed();
    expect(done.map(({ kind, details, environmentName }) => [kind, details['name'] ?? environmentName])).toEqual([
      ['token_created', 'new one'],
      ['token_revoked', 'new one'],
      ['environment_released', 'ci-gone'],
      ['environment_deleted', 'ci-gone'],
    ]);
  });

  it('organisations, which their operator sees', async () => {
    await world.ask('operator', 'POST', '/v1/organizations', { id: 'short-lived' });
    await world.ask('operator', 'DELETE', '/v1/organizations/short-lived');
    const kinds = (await entries('organizationId=short-lived', 'operator')).map(({ kind }) => kind);
    expect(kinds).toEqual(['organization_deleted', 'organization_created']);
  });
});

describe('who was refused', () => {
  it('requests and upgrades, and commands of one that watches', async () => {
    await world.ask('client', 'GET', '/v1/tokens');
    await world.ask('nobody', 'GET', '/v1/environments?token=tl_in-a-query-of-somebody');
    await refused(dial(world.statusUrl(ci), { token: world.tokenOf('device') ?? '' }));
    await refused(dial(world.statusUrl(ci, `token=${SECRET}`)));
    const watcher = await world.open('watcher', world.statusUrl(ci, SCOPE));
    await said(watcher, { type: 'write_file', request_id: 'x', path: 'a', content: SECRET });
    await watcher.close();
    const mine = await entries('kind=access_refused');
    expect(mine.map(({ tokenName, details: { at, code } }) => [tokenName, at, code])).toEqual([
      ['watcher', 'command', 'ACCESS_REFUSED'],
      ['device', 'upgrade', 'ACCESS_REFUSED'],
      ['client', 'http', 'ACCESS_REFUSED'],
    ]);
    const all = await entries('kind=access_refused&limit=4', 'operator');
    expect(all.filter(({ organizationId }) => organizationId === null)).toMatchObject([
      { details: { at: 'upgrade', code: 'TOKEN_REFUSED' }, address: '127.0.0.1' },
      { details: { at: 'http', path: '/v1/environments' } },
    ]);
  });

  it('a flood does not fill the disk, and is told as a number', async () => {
    for (let index = 0; index < 200; index++) await world.ask('nobody', 'GET', '/v1/environments');
    const recorded = await entries('kind=access_refused&limit=1000', 'operator');
    expect(recorded.length).toBeLessThan(200);
  });

  it('whoever is closed because its token was revoked', async () => {
    const made = await world.make({ name: 'short', role: 'client', organizationId: 'acme' });
    const socket = await (
      await import('./kit/raw-socket.js')
    ).RawSocket.open(world.statusUrl(ci), { token: made.token });
    await world.ask('admin', 'DELETE', `/v1/tokens/${made.id}`);
    await socket.closed;
    expect(await entries(`kind=access_ended&token=${made.id}`)).toMatchObject([{ details: { end: 'revoked' } }]);
  });
});

describe('who may read it', () => {
  it('an admin, of its organisation alone', async () => {
    for (const { organizationId } of await entries('limit=1000')) expect(organizationId).toBe('acme');
    for (const { organizationId } of await entries('limit=1000', 'strangerAdmin')) expect(organizationId).toBe('rival');
    const other = await world.ask('strangerAdmin', 'GET', '/v1/audit?organizationId=acme');
    expect(other).toMatchObject({ status: 404, body: { errorCode: 'ORGANIZATION_UNKNOWN' } });
    const organizations = new Set(
      (await entries('limit=1000', 'operator')).map(({ organizationId }) => organizationId),
    );
    expect(organizations).toEqual(new Set(['acme', 'rival', 'short-lived', null]));
  });

  it('in pages, and between two times', async () => {
    const now = (await entries('limit=1'))[0]?.time ?? '';
    const all = await entries(`limit=1000&to=${now}`);
    const paged: AuditEntry[] = [];
    for (let before: string | null = ''; before !== null;) {
      const { body } = await world.ask(
        'admin',
        'GET',
        `/v1/audit?limit=7&to=${now}${before === '' ? '' : `&before=${before}`}`,
      );
      const page = body as unknown as AuditPage;
      paged.push(...page.entries);
      before = page.next;
    }
    expect(paged).toEqual(all);
    const middle = all[Math.floor(all.length / 2)]?.time ?? '';
    const [late, early] = [
      await entries(`limit=1000&from=${middle}&to=${now}`),
      await entries(`limit=1000&to=${middle}`),
    ];
    expect([...late, ...early]).toEqual(all);
    expect((await world.ask('admin', 'GET', '/v1/audit?from=yesterday')).status).toBe(400);
  });

  // Over NATS there are none: what is written is the same.
  it.skipIf(ON_NATS)('no token and no content stands in its files', async () => {
    const folder = path.join(directory.path, 'audit');
    const texts = await Promise.all((await readdir(folder)).map((name) => readFile(path.join(folder, name), 'utf8')));
    const text = texts.join('');
    expect(text.length).toBeGreaterThan(1_000);
    expect(text).not.toContain(SECRET);
    for (const subject of SUBJECTS) {
      const token = world.tokenOf(subject);
      if (token !== undefined) expect(text).not.toContain(token);
    }
    expect(text).not.toMatch(/tl_/);
  });
});

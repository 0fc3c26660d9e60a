import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  answerTypeOf,
  KNOWN_COMMANDS,
  isAnswered,
  OTHER_TYPES,
  SNAPSHOT_TYPES,
  type Frame,
} from '../src/protocol/index.js';
import { AccessWorld, type ServedEnvironments } from './kit/access-world.js';
import type { RawSocket } from './kit/raw-socket.js';

let world: AccessWorld;
let served: ServedEnvironments;

beforeAll(async () => {
  world = await AccessWorld.start();
  served = await world.serve();
});
afterAll(() => world.close());

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
    watching = await world.open('watcher', world.statusUrl(served.ci, SCOPE));
    steering = await world.open('unapproving', world.statusUrl(served.ci, SCOPE));
  });
  afterEach(async () => {
    await watching.close();
    await steering.close();
  });

  let markers = 0;
  /** What the device has got since, without what steers on purpose. */
  async function reached(from: number): Promise<Frame[]> {
    const id = `marker-${markers++}`;
    steering.send({ type: 'app_server_info', request_id: 'm', marker: id });
    await served.device.seenWhere((frame) => frame['marker'] === id);
    return served.device.frames.slice(from).filter((frame) => frame['marker'] !== id);
  }

  it('every command of the protocol has its row, and none of them but sync is for watching', () => {
    for (const type of KNOWN_COMMANDS) expect(OUTCOMES).toHaveProperty(type);
    expect(KNOWN_COMMANDS.filter((type) => OUTCOMES[type] === 'answered')).toEqual(['sync']);
  });

  it.each(FRAME_TYPES)('%s of one that watches reaches no device', async (type) => {
    const from = served.device.frames.length;
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
    const from = served.device.frames.length;
    await said(steering, frameOf(type));
    expect((await reached(from)).map((frame) => frame.type)).toEqual([type]);
  });

  it.each(['watcher', 'unapproving'] as const)('an approval that %s answers reaches no device', async (subject) => {
    const socket = subject === 'watcher' ? watching : steering;
    const from = served.device.frames.length;
    const payload = { kind: 'approval_response', request_id: 'a1', decision: { behavior: 'allow' } };
    await said(socket, { type: 'input', request_id: `approve-${subject}`, runtime: RUNTIME, payload });
    expect(await reached(from)).toEqual([]);
    expect(await socket.seenWhere((frame) => frame['request_id'] === `approve-${subject}`)).toMatchObject({
      accepted: false,
      error_code: 'APPROVAL_NOT_ALLOWED',
    });
  });

  it('what asks for approval is shown to those who may give it, and withheld from the others', async () => {
    const approving = await world.open('client', world.statusUrl(served.ci, SCOPE));
    const secret = { subtype: 'can_use_tool', tool_name: 'secret-tool', input: {}, tool_call_id: 'x' };
    served.device.send({
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
    const watcher = await world.open('watcher', world.statusUrl(served.ci, SCOPE));
    const others = [
      await world.open('stranger', world.statusUrl(served.rivals, SCOPE)),
      await world.open('outside', world.statusUrl(served.web, SCOPE)),
      await world.open('client', world.statusUrl(served.offline, SCOPE)),
    ];
    for (const [index, type] of FRAME_TYPES.entries())
      served.device.send({
        ...frameOf(type),
        event_seq: 1_000 + index,
        idempotency_key: `${type}:${index}`,
        said: 'by acme',
      });
    served.device.send({
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

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditLog } from '../src/relay/index.js';
import { LogLevels } from '../src/observability/index.js';
import { MemoryAuditLog } from '../src/relay/audit/memory-audit.log.js';
import { LogLines } from './kit/log-lines.js';
import { dial, RawSocket, refused } from './kit/raw-socket.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';

/** One whose disk can be full. */
class FullableLog extends MemoryAuditLog {
  isFull = false;
  override get isKept(): boolean {
    return !this.isFull;
  }
}

const RUNTIME = { agent_id: null, conversation_id: 'c1' };
const UNRECORDED = 'This is not in the audit log, which cannot be written now.';

let relay: RelayUnderTest;
let log: FullableLog;
const start = async (required: boolean): Promise<void> => {
  const levels = { provide: LogLevels, useValue: new LogLevels('fatal') };
  const providers = [{ provide: AuditLog, useValue: log }, levels];
  relay = await RelayUnderTest.start({ audit: { required } }, { wholeRelay: true, providers });
};
beforeEach(() => {
  log = new FullableLog();
});
const stops: (() => void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) stop();
  await relay.close();
});

/** A device, and a client of it. */
async function attached() {
  const { connectionId, wsUrl } = await relay.register();
  const device = await RawSocket.open(wsUrl, { token: TOKEN });
  const url = relay.ws(`/v1/environments/${connectionId}/status/ws?conversationId=c1`);
  return { device, url, client: await RawSocket.open(url, { token: TOKEN }) };
}

describe('C32 while the audit log cannot be written', () => {
  it('everything goes on by default', async () => {
    await start(false);
    log.isFull = true;
    const { client, device } = await attached();
    client.send({ type: 'write_file', request_id: 'w', path: 'a', content: 'x' });
    await device.seen('write_file');
  });

  it('nothing that changes something does, where it is required; and again when it can', async () => {
    await start(true);
    const { client, device, url } = await attached();
    const { body: made } = await relay.rest('/v1/tokens', { body: { name: 'stolen', role: 'client' } });
    log.isFull = true;
    client.send({ type: 'write_file', request_id: 'w1', path: 'a', content: 'x' });
    expect(await client.seenWhere((frame) => frame['request_id'] === 'w1')).toMatchObject({
      success: false,
      error_code: 'AUDIT_NOT_KEPT',
    });
    client.send({ type: 'read_file', request_id: 'r', path: 'a' });
    await device.seen('read_file');
    expect(device.frames.some(({ type }) => type === 'write_file')).toBe(false);
    const refusal = { status: 503, body: { errorCode: 'AUDIT_NOT_KEPT' } };
    expect(await refused(dial(url, { token: TOKEN }))).toMatchObject(refusal);
    const body = { deviceId: 'device-2', connectionName: 'other' };
    expect(await relay.rest('/v1/environments/register', { body })).toMatchObject(refusal);
    expect(await relay.rest('/v1/tokens', { body: { name: 'a', role: 'client' } })).toMatchObject(refusal);
    expect(await relay.rest('/v1/environments')).toMatchObject({ status: 200 });
    const put = { method: 'PUT', body: { levels: 'warn' } };
    expect(await relay.rest('/v1/log-levels', put)).toMatchObject(refusal);
    // What takes access away is never refused.
    expect(await relay.rest(`/v1/tokens/${String(made['id'])}`, { method: 'DELETE' })).toMatchObject({ status: 200 });
    log.isFull = false;
    client.send({ type: 'write_file', request_id: 'w2', path: 'a', content: 'x' });
    await device.seen('write_file');
  });

  it('what only makes things safer goes on all the same, and is told in the log of the process', async () => {
    await start(true);
    const { client, device } = await attached();
    device.send({
      type: 'control_request',
      request_id: 'a1',
      request: { subtype: 'can_use_tool', tool_name: 'bash', input: {}, tool_call_id: 'x' },
      runtime: RUNTIME,
      event_seq: 1,
      idempotency_key: 'k1',
    });
    await client.seen('control_request');
    const { body: made } = await relay.rest('/v1/tokens', { body: { name: 'stolen', role: 'client' } });
    log.isFull = true;
    const lines = new LogLines();
    stops.push(() => lines.stop());
    const answer = (id: string, behavior: unknown): object => ({
      type: 'input',
      request_id: id,
      runtime: RUNTIME,
      payload: { kind: 'approval_response', request_id: 'a1', decision: { behavior } },
    });
    for (const [id, behavior] of [
      ['allows', 'allow'],
      ['odd', ['deny']],
    ] as const) {
      client.send(answer(id, behavior));
      const refused = await client.seenWhere((frame) => frame['request_id'] === id);
      expect(refused).toMatchObject({ accepted: false, error_code: 'AUDIT_NOT_KEPT' });
    }
    expect(lines.saying(UNRECORDED)).toEqual([]);
    client.send(answer('denies', 'deny'));
    expect(await device.seen('input')).toMatchObject({ payload: { decision: { behavior: 'deny' } } });
    client.send({ type: 'abort_message', request_id: 'stop', runtime: RUNTIME });
    await device.seen('abort_message');
    client.send({ type: 'terminal_kill', terminal_id: 't1' });
    await device.seen('terminal_kill');
    expect(await relay.rest(`/v1/tokens/${String(made['id'])}`, { method: 'DELETE' })).toMatchObject({ status: 200 });
    expect(lines.saying(UNRECORDED)).toMatchObject([
      { level: 'error', kind: 'command', type: 'input', tokenName: 'operator', address: '127.0.0.1' },
      { kind: 'command', type: 'abort_message', environmentId: expect.stringMatching(/^env-/) },
      { kind: 'command', type: 'terminal_kill' },
      { kind: 'token_revoked', about: made['id'] },
    ]);
    log.isFull = false;
  });
});

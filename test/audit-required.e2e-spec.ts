import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditLog } from '../src/relay/index.js';
import { MemoryAuditLog } from '../src/relay/audit/memory-audit.log.js';
import { dial, RawSocket, refused } from './kit/raw-socket.js';
import { RelayUnderTest, TOKEN } from './kit/relay-under-test.js';

/** One whose disk can be full. */
class FullableLog extends MemoryAuditLog {
  isFull = false;
  override get isKept(): boolean {
    return !this.isFull;
  }
}

let relay: RelayUnderTest;
let log: FullableLog;
const start = async (required: boolean): Promise<void> => {
  const providers = [{ provide: AuditLog, useValue: log }];
  relay = await RelayUnderTest.start({ audit: { required } }, { wholeRelay: true, providers });
};
beforeEach(() => {
  log = new FullableLog();
});
afterEach(() => relay.close());

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
    // What takes access away is never refused.
    expect(await relay.rest(`/v1/tokens/${String(made['id'])}`, { method: 'DELETE' })).toMatchObject({ status: 200 });
    log.isFull = false;
    client.send({ type: 'write_file', request_id: 'w2', path: 'a', content: 'x' });
    await device.seen('write_file');
  });
});

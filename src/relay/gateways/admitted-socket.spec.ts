import { Logger } from '@nestjs/common';
import { expect, it, vi } from 'vitest';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import { memoryAudit } from '../../../test/kit/memory-audit.js';
import { MemorySocket } from '../../../test/kit/memory-socket.js';
import { LiveSockets } from '../access/live-sockets.js';
import { TokenRenewals } from '../access/token-renewals.js';
import { MemoryEnvironmentRegistry } from '../environments/memory-environment.registry.js';
import { AdmittedSocket } from './admitted-socket.js';

Logger.overrideLogger(false);

const IDENTITY = { organizationId: 'acme', tokenId: 'tok-1', mayApprove: true };

function bench() {
  const clock = new ManualClock();
  const live = new LiveSockets(clock);
  const audit = memoryAudit(new MemoryEnvironmentRegistry(clock), clock);
  const renewals = new TokenRenewals({ identify: async () => IDENTITY }, clock);
  const open = () => {
    const [peer, bare] = MemorySocket.pair();
    const admitted = { identity: IDENTITY, address: undefined, environmentId: undefined };
    const parts = { live, renewals, audit, clock, failed: () => {} };
    const socket = new AdmittedSocket(bare, parts, { ...admitted, connection: undefined, knowsOurs: true });
    const heard: string[] = [];
    socket.receive({ message: (text) => void heard.push(text), closed: (code) => void heard.push(`closed ${code}`) });
    return { peer, socket, heard };
  };
  return { live, audit, open };
}

it('C30 one whose token was revoked while it was let in is held no longer, and hears nothing', async () => {
  const { live, open } = bench();
  live.revoked(IDENTITY.tokenId);
  const { peer, socket, heard } = open();
  expect([socket.open, live.count]).toEqual([false, 0]);
  peer.send('{"type":"ping"}');
  await settle();
  expect(heard).toEqual(['closed 4001']);
});

it('is released once, however it closes', async () => {
  const { live, open } = bench();
  const [closed, ended, left] = [open(), open(), open()];
  expect(live.count).toBe(3);
  closed.socket.close(1000);
  closed.socket.terminate();
  expect(live.count).toBe(2);
  ended.socket.terminate();
  expect(live.count).toBe(1);
  left.peer.close(1000);
  await settle();
  expect([live.count, live.revoked(IDENTITY.tokenId)]).toEqual([0, 0]);
});

it('C30 is closed with its token also where that cannot be written down', () => {
  const { live, audit, open } = bench();
  const { socket } = open();
  vi.spyOn(audit, 'record').mockImplementation(() => {
    throw new Error('The audit log fails.');
  });
  live.revoked(IDENTITY.tokenId);
  expect([socket.open, live.count]).toEqual([false, 0]);
});

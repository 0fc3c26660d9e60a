import { Logger } from '@nestjs/common';
import { beforeEach, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import { memoryAudit } from '../../../test/kit/memory-audit.js';
import type { ChannelSocket, SocketReceiver } from '../../channel/index.js';
import type { ChannelName } from '../../protocol/index.js';
import { LiveSockets } from '../access/live-sockets.js';
import { TokenRenewals } from '../access/token-renewals.js';
import { MemoryEnvironmentRegistry } from '../environments/memory-environment.registry.js';
import { RoutingOptions } from '../routing/routing.options.js';
import { RoutingService } from '../routing/routing.service.js';
import type { AdmittedClient } from './client.admission.js';
import { ClientSessions } from './client.sessions.js';
import { CUT_GRACE_MS } from './guarded-socket.js';

Logger.overrideLogger(false);

const IDENTITY = { organizationId: 'default', tokenId: 'token', mayApprove: true };

/** Closes when its peer, or the node where that is, says so. */
class FarSocket implements ChannelSocket {
  open = true;
  readonly bufferedAmount = 0;
  readonly closes: string[] = [];
  receiver: SocketReceiver | undefined;

  send(_text: string, written?: () => void): void {
    written?.();
  }

  close(code: number, reason = ''): void {
    this.open = false;
    this.closes.push(`${code} ${reason}`);
  }

  terminate(): void {
    this.close(1006);
  }

  receive(receiver: SocketReceiver): void {
    this.receiver = receiver;
  }
}

let clock: ManualClock;
let sessions: ClientSessions;
beforeEach(() => {
  clock = new ManualClock();
  const audit = memoryAudit(new MemoryEnvironmentRegistry(clock), clock);
  const renewals = new TokenRenewals({ identify: async () => IDENTITY }, clock);
  sessions = new ClientSessions(
    new RoutingService(new RoutingOptions(), clock),
    new LiveSockets(clock),
    clock,
    audit,
    renewals,
  );
});

function open(channel: ChannelName): FarSocket {
  const socket = new FarSocket();
  const attachment = { environmentId: 'env', client: 'c', channel, maySteer: true, mayApprove: true };
  sessions.open(socket, { attachment, identity: IDENTITY } as unknown as AdmittedClient);
  return socket;
}

it('C26 tells clients of an environment that moves on control first, how many messages were passed on, then on stream', async () => {
  const [stream, control] = [open('stream'), open('control')];
  control.receiver?.message('{"type":"ping"}', false);
  const left = sessions.leave('env');
  await settle();
  expect(control.closes).toEqual([expect.stringMatching(/^1012 Messages-Read: 1\. /)]);
  expect(stream.closes).toEqual([]);
  control.receiver?.closed(1012, '');
  await settle();
  expect(stream.closes).toEqual([expect.stringMatching(/^1012 /)]);
  stream.receiver?.closed(1012, '');
  await left;
});

it('C26 waits for no client that has gone by itself', async () => {
  const [stream, control] = [open('stream'), open('control')];
  const left = sessions.leave('env');
  stream.receiver?.closed(1000, '');
  control.receiver?.closed(1012, '');
  await left;
});

it('C26 waits for no client that does not hear', async () => {
  const [stream, control] = [open('stream'), open('control')];
  const left = sessions.leave('env');
  await clock.advance(CUT_GRACE_MS);
  expect(control.closes).toEqual([expect.stringMatching(/^1012 /), '1006 ']);
  expect(stream.closes).toEqual([expect.stringMatching(/^1012 /)]);
  await clock.advance(CUT_GRACE_MS);
  await left;
});

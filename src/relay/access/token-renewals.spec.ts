import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import { RelayError } from '../relay.error.js';
import type { Identity } from './identity.js';
import { LiveSockets } from './live-sockets.js';
import type { SocketRenewal } from './socket-renewal.js';
import { TokenRenewals } from './token-renewals.js';

const IDENTITY: Identity = {
  tokenId: 'jwt-1',
  organizationId: 'default',
  role: 'client',
  mayApprove: false,
  expiresAt: 9e15,
};
const RENEW = '{"type":"token_renew","request_id":"r","token":"wrong"}';

let sent: string[];
let told: string[];
let asked: number;
let socket: { bufferedAmount: number; send: (text: string) => void };
let renewal: SocketRenewal;

beforeEach(() => {
  const clock = new ManualClock();
  sent = [];
  told = [];
  asked = 0;
  socket = { bufferedAmount: 0, send: (text) => void sent.push(text) };
  const identify = async (): Promise<Identity> => {
    asked++;
    throw new RelayError('TOKEN_REFUSED');
  };
  const hold = new LiveSockets(clock).hold(IDENTITY, { refuse: () => {} });
  renewal = new TokenRenewals({ identify }, clock).of(hold, socket, ({ code }) => void told.push(code));
});

describe('C30 a token_renew', () => {
  it('that shows a wrong token is told to whoever writes it down', async () => {
    expect(renewal.takes(RENEW)).toBe(true);
    await settle();
    expect(told).toEqual(['TOKEN_REFUSED']);
    expect(sent).toEqual([expect.stringContaining('TOKEN_REFUSED')]);
  });

  it('C36 is one look at a token a second; a flood of them is left to what holds every message', async () => {
    const taken = Array.from({ length: 100 }, () => renewal.takes(RENEW)).filter(Boolean);
    await settle();
    expect(taken).toHaveLength(11);
    expect(sent).toHaveLength(11);
    expect(asked).toBe(1);
  });

  it('C36 fills no buffer of a socket that nobody reads', async () => {
    socket.bufferedAmount = 2 * 1024 * 1024;
    expect(renewal.takes(RENEW)).toBe(false);
    await settle();
    expect([sent, asked]).toEqual([[], 0]);
  });
});

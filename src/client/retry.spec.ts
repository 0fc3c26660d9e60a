import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { CLIENT_LIMITS, clientContext } from './client-options.js';
import { RelayRefusedError } from './client.error.js';
import { retry } from './retry.js';

it.each([0, 0.5])(
  'C36 stays away for as long as the relay asks and a part of its own wait (%d) on top',
  async (part) => {
    const clock = new ManualClock();
    const begun = clock.now();
    const random = (): number => part;
    const context = clientContext({ server: 'http://127.0.0.1:1', token: 't', WebSocket, clock, random });
    const tried: number[] = [];
    const attempt = async (): Promise<void> => {
      tried.push(clock.now() - begun);
      if (tried.length === 1) throw new RelayRefusedError(429, 'TOO_MANY', 'Too many.', 20_000);
    };
    const done = retry(context, 'closed with 4029', 7_000, attempt, new AbortController().signal);
    await clock.advance(CLIENT_LIMITS.reconnectForMs);
    expect(await done).toBeUndefined();
    const first = 7_000 + part * CLIENT_LIMITS.backoffFirstMs;
    expect(tried).toEqual([first, first + 20_000 + part * 2 * CLIENT_LIMITS.backoffFirstMs]);
  },
);

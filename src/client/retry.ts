import { sleep } from '../protocol/index.js';
import type { ClientContext } from './client-options.js';
import { DisconnectedError, RelayRefusedError, TokenRefusedError } from './client.error.js';

/**
 * Tries until it works, waiting with full jitter in between, on top of what the relay asks for: many that it refused at
 * once do not come back at once.
 *
 * @param reason why the link is down, for people
 * @param askedMs how long the relay asked to stay away
 * @param wanted aborted once nobody wants it any more
 * @returns undefined when it worked or is no longer wanted, else why there is no use in trying on
 */
export async function retry(
  { clock, limits, random }: ClientContext,
  reason: string,
  askedMs: number,
  attempt: () => Promise<void>,
  wanted: AbortSignal,
): Promise<Error | undefined> {
  const giveUpAt = clock.now() + limits.reconnectForMs;
  let cause: unknown = undefined;
  let leastMs = askedMs;
  for (let bound = limits.backoffFirstMs; !wanted.aborted; bound = Math.min(bound * 2, limits.backoffMaxMs)) {
    const wait = leastMs + random() * bound;
    if (clock.now() + wait >= giveUpAt) {
      const text = `The connection to the relay broke (${reason}) and did not come back within ${limits.reconnectForMs} ms.`;
      return new DisconnectedError(text, { cause });
    }
    await sleep(clock, wait, wanted);
    if (wanted.aborted) return undefined;
    try {
      await attempt();
      return undefined;
    } catch (error) {
      if (error instanceof TokenRefusedError) return error;
      cause = error;
      leastMs = error instanceof RelayRefusedError ? (error.retryAfterMs ?? 0) : 0;
    }
  }
  return undefined;
}

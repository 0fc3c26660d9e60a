// Loaded before a program that is not the bench's own: ends it with the bench, and says what memory and time it has used.
import { setTimeout as after } from 'node:timers/promises';
import { answer, tell } from '../kit/messages.mjs';
import { startLoop } from '../kit/usage.mjs';

const usage = startLoop();
answer({
  memory: async () => {
    // With --expose-gc. The last resort also gives back what the heap has grown by; the rest is given back in its own time.
    for (let round = 0; round < 3; round++) {
      globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      await after(300);
    }
    return process.memoryUsage();
  },
  /** As it is, without a collection. */
  memoryNow: () => process.memoryUsage(),
  usage,
});
process.channel?.unref();
tell({ hooked: process.pid });

// Loaded before a program that is not the bench's own: ends it with the bench, and says what memory and time it has used.
import { Session } from 'node:inspector/promises';
import { setTimeout as after } from 'node:timers/promises';
import { answer, tell } from '../kit/messages.mjs';
import { startLoop } from '../kit/usage.mjs';

const usage = startLoop();
answer({
  memory: async () => {
    // Collects all garbage, and gives back what the heap has grown by. `gc` of Node 20 takes any options for the young generation
    // alone, and without options it gives nothing back; `v8.queryObjects` lists every object outside of the heap, which stays resident.
    const session = new Session();
    session.connect();
    for (let round = 0; round < 3; round++) {
      await session.post('HeapProfiler.collectGarbage');
      await after(300);
    }
    session.disconnect();
    return process.memoryUsage();
  },
  /** As it is, without a collection. */
  memoryNow: () => process.memoryUsage(),
  usage,
});
process.channel?.unref();
tell({ hooked: process.pid });

// Loaded before a program that is not the bench's own: ends it with the bench, and says what memory and time it has used.
import { setTimeout as after } from 'node:timers/promises';
import v8 from 'node:v8';
import { answer, tell } from '../kit/messages.mjs';
import { startLoop } from '../kit/usage.mjs';

/** There are none. */
class Nothing {}

const usage = startLoop();
answer({
  memory: async () => {
    // Looking for objects collects all garbage first, and gives back what the heap has grown by; `gc` of Node 20 takes any options for
    // the young generation alone, and without options it gives nothing back. The rest is given back in its own time.
    for (let round = 0; round < 3; round++) {
      v8.queryObjects(Nothing, { format: 'count' });
      await after(300);
    }
    return process.memoryUsage();
  },
  usage,
});
process.channel?.unref();
tell({ hooked: process.pid });

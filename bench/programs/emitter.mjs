// One of: emits events as a listener does, or writes the same texts with JSON.stringify and a bare `ws`.
import { NestFactory } from '@nestjs/core';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setImmediate as nextTurn, setTimeout as after } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { LINK_MONITOR, ListenerModule, ProtocolEmitterService } from '../../dist/index.js';
import { answer, config, tell } from '../kit/program.mjs';

const { arm, server, directory, bytes } = config;
const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conversation-1' };
/** Events between two turns of the event loop, as an agent's output comes. */
const BURST = 16;
/** What is on its way from here, at most; as much as a listener has in flight. */
const BUFFER_BYTES = 512 * 1024;
const EPOCH = 'a1b2c3d4';

function eventOf(number) {
  return { message_type: 'assistant_message', id: 'm', content: 'x'.repeat(bytes), n: number };
}

async function bare() {
  const socket = new WebSocket(server.replace('http', 'ws'), { perMessageDeflate: false });
  await once(socket, 'open');
  const emit = (number) =>
    socket.send(
      JSON.stringify({
        seq: number,
        type: 'stream_delta',
        delta: eventOf(number),
        runtime: RUNTIME,
        event_epoch: EPOCH,
        event_seq: number,
        emitted_at: '2030-01-01T00:00:00.000Z',
        idempotency_key: `stream_delta:${number}:${EPOCH}:0a1b2c`,
      }),
    );
  const ready = async () => {
    while (socket.bufferedAmount > BUFFER_BYTES) await after(1);
  };
  const written = async () => {
    while (socket.bufferedAmount > 0) await after(1);
  };
  return { emit, ready, written };
}

async function listener() {
  const app = await NestFactory.createApplicationContext(
    ListenerModule.forRoot({
      server,
      token: 'a-token-of-the-bench',
      deviceId: 'emitter',
      connectionName: 'emitter',
      workspace: directory,
      ...(arm === 'disk' ? { dataDir: directory } : {}),
    }),
    { logger: ['error', 'warn'] },
  );
  for await (const { phase } of app.get(LINK_MONITOR, { strict: false }).states()) if (phase === 'ready') break;
  const emitter = app.get(ProtocolEmitterService, { strict: false });
  let newest;
  const emit = (number) => {
    newest = emitter.emit('stream_delta', { delta: eventOf(number) }, RUNTIME);
  };
  return {
    emit,
    ready: () => emitter.ready(RUNTIME),
    written: async () => {
      await emitter.committed(newest);
      while (!emitter.settled) await after(1);
    },
  };
}

const { emit, ready, written } = await (arm === 'bare' ? bare() : listener());
let number = 0;

/**
 * How long the event loop's thread has run, in ns. A busy loop that waits for a processor that somebody else has is not
 * counted, where the kernel says so.
 */
function ranNs() {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[0]);
  } catch {
    return performance.eventLoopUtilization().active * 1e6;
  }
}

/** What the event loop has worked until the last of so many was written. */
async function run({ frames }) {
  const before = ranNs();
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (let done = 0; done < frames; done += BURST) {
    for (let i = 0; i < BURST; i++) emit(++number);
    await ready();
    await nextTurn();
  }
  await written();
  const { user, system } = process.cpuUsage(cpu);
  return {
    wallNs: ((performance.now() - start) * 1e6) / frames,
    loopNs: (ranNs() - before) / frames,
    cpuNs: ((user + system) * 1e3) / frames,
  };
}

answer({ run });
tell({ ready: true });

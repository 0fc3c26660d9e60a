// The real listener, with an agent that says as much as it is let; of a turn that is told `every <ms>`, a little so often, with the time.
import { NestFactory } from '@nestjs/core';
import { setImmediate as nextTurn, setTimeout as after } from 'node:timers/promises';
import { AgentProvider, HTTP_FETCH, LINK_MONITOR, ListenerModule } from '../../dist/index.js';
import { config, tell } from '../kit/program.mjs';

const { server, token, deviceId, directory, bytes, legacy, journal } = config;
/** Events between two looks at whether there is room. */
const BURST = 16;

class FlatOutAgent {
  start(turn) {
    const [, everyMs] = /every (\d+)/.exec(JSON.stringify(turn.messages)) ?? [];
    return everyMs === undefined ? this.flood(turn) : this.work(turn, Number(everyMs));
  }

  async work(turn, everyMs) {
    for (let due = performance.now(); !turn.signal.aborted; due += everyMs) {
      await after(Math.max(0, due - performance.now()));
      // One clock for all processes of a machine.
      turn.emit({ message_type: 'assistant_message', id: 'm', at: String(process.hrtime.bigint()) });
    }
    return { stopReason: 'cancelled' };
  }

  async flood(turn) {
    const content = 'x'.repeat(bytes);
    while (!turn.signal.aborted) {
      for (let i = 0; i < BURST; i++) turn.emit({ message_type: 'assistant_message', id: 'm', content });
      await turn.ready();
      await nextTurn();
    }
    return { stopReason: 'cancelled' };
  }
}
AgentProvider('flat-out')(FlatOutAgent);

/** What a server would answer that knows one socket only. */
async function withoutSplit(url, init) {
  const response = await fetch(url, init);
  const body = await response.json();
  return Response.json({ ...body, supportsSplitStatusChannels: false }, { status: response.status });
}

const app = await NestFactory.createApplicationContext(
  ListenerModule.forRoot({
    server,
    token,
    deviceId,
    connectionName: deviceId,
    workspace: directory,
    agent: 'flat-out',
    ...(journal === 'disk' ? { dataDir: directory } : {}),
    extend: {
      listener: { providers: [FlatOutAgent] },
      registration: { providers: legacy ? [{ provide: HTTP_FETCH, useValue: withoutSplit }] : [] },
    },
  }),
  { logger: ['error', 'warn'] },
);
const states = app.get(LINK_MONITOR, { strict: false }).states();
for await (const { phase, link } of states) {
  if (phase !== 'ready') continue;
  tell({ ready: link });
  break;
}

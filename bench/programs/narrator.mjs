// The real listener, with an agent that says as many deltas as its input asks for, at the rate that it names.
import { NestFactory } from '@nestjs/core';
import { setTimeout as after } from 'node:timers/promises';
import { AgentProvider, LINK_MONITOR, ListenerModule } from '../../dist/index.js';
import { beginOf, deltaOf, endOf, readInput } from '../kit/narration.mjs';
import { config, tell } from '../kit/program.mjs';

const { server, token, directory } = config;
/** It speaks this often, in ms. */
const EVERY_MS = 10;

class NarratorAgent {
  async start(turn) {
    const wanted = readInput(JSON.stringify(turn.messages));
    if (!wanted) return { stopReason: 'error', error: 'The narrator was told nothing that it understands.' };
    const { turn: name, deltas, rate } = wanted;
    const say = (content) => turn.emit({ message_type: 'assistant_message', id: `${name}-${content}`, content });
    const begun = performance.now();
    say(`${beginOf(name)}\n\n`);
    for (let said = 0; said < deltas && !turn.signal.aborted;) {
      const due = Math.min(deltas, Math.ceil(((performance.now() - begun + EVERY_MS) / 1_000) * rate));
      while (said < due) turn.emit(deltaOf(name, said++));
      await turn.ready();
      await after(EVERY_MS);
    }
    const seconds = (performance.now() - begun) / 1_000;
    say(`${endOf(name)}\n\n`);
    tell({ [`said-${name}`]: { at: Date.now(), seconds } });
    return { stopReason: 'end_turn' };
  }
}
AgentProvider('narrator')(NarratorAgent);

const app = await NestFactory.createApplicationContext(
  ListenerModule.forRoot({
    server,
    token,
    deviceId: 'narrator',
    connectionName: 'narrator',
    workspace: directory,
    dataDir: directory,
    agent: 'narrator',
    extend: { listener: { providers: [NarratorAgent] } },
  }),
  { logger: ['error', 'warn'] },
);
for await (const { phase } of app.get(LINK_MONITOR, { strict: false }).states()) {
  if (phase !== 'ready') continue;
  tell({ ready: true });
  break;
}

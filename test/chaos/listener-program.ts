import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { LINK_MONITOR, type LinkMonitor } from 'twinlane';
import { CountingModule } from './counting.module.js';
import { Counters } from './counters.js';
import { TurnStarter } from './turn-starter.js';
import type { FromListener, ListenerSettings, ToListener } from './listener-messages.js';

/** One listener of a run, a process of its own. Its settings are its argument; it dies with whoever started it. */
const settings = JSON.parse(process.argv[2] ?? '{}') as ListenerSettings;
process.on('disconnect', () => process.exit(1));

const app = await NestFactory.createApplicationContext(CountingModule.forRoot(settings), { logger: ['warn', 'error'] });
const turns = app.get(TurnStarter);
const counters = app.get(Counters);

process.on('message', (message: ToListener) => {
  if (message === 'begin') turns.begin();
  if (message === 'finish') void finish();
});

for await (const { phase, link, reason = '' } of app.get<LinkMonitor>(LINK_MONITOR, { strict: false }).states()) {
  if (phase === 'ready') tell({ what: 'ready', link });
  if (phase === 'stopped') tell({ what: 'stopped', reason });
}

/** No more numbers but one for each runtime, which every client must reach. */
async function finish(): Promise<void> {
  await turns.finish();
  await counters.finish();
  tell({ what: 'finished' });
}

function tell(message: FromListener): void {
  process.send?.(message);
}

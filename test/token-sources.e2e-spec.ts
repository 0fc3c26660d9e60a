import type { NestExpressApplication } from '@nestjs/platform-express';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CLOCK, LiveSockets, SYSTEM_CLOCK } from '../src/index.js';
import type { EnvironmentRecord } from '../src/protocol/index.js';
import { CliRun, temporaryDirectory } from './kit/cli.js';
import { IdentityProvider } from './kit/identity-provider.js';
import { LongTimers } from './kit/long-timers.js';
import { startRelay, TOKEN, urlOf } from './kit/twinlane.js';

const HOUR_MS = 3_600_000;
/** Of whoever comes back with backoff. */
const PATIENCE = { timeout: 60_000 };

let provider: IdentityProvider;
let relay: NestExpressApplication;
let server: string;
let later = 0;
let directory: { path: string; remove(): Promise<void> };
let tokenFile: string;
const runs: CliRun[] = [];

beforeEach(async () => {
  later = 0;
  const now = (): number => SYSTEM_CLOCK.now() + later;
  const elapsed = (): number => SYSTEM_CLOCK.elapsed() + later;
  const clock = { provide: CLOCK, useValue: { ...SYSTEM_CLOCK, now, elapsed } };
  provider = await IdentityProvider.start();
  const jwt = { ...provider.options, clockToleranceMs: 0 };
  relay = await startRelay({ jwt, extend: { relay: { providers: [clock] } } });
  server = urlOf(relay);
  directory = await temporaryDirectory();
  tokenFile = path.join(directory.path, 'token');
});
afterEach(async () => {
  for (const run of runs.splice(0)) {
    run.interrupt();
    await run.exit;
  }
  await relay.close();
  await provider.close();
  await directory.remove();
});

function twinlane(args: readonly string[], clock?: LongTimers): CliRun {
  const { PATH = '' } = process.env;
  const env = { PATH, TWINLANE_SERVER: server, TWINLANE_DATA_DIR: directory.path, TWINLANE_LOG_LEVEL: 'silent' };
  const run = new CliRun(args, { env, cwd: directory.path, ...(clock ? { clock } : {}) });
  runs.push(run);
  return run;
}

/** The token file holds a token that lives so long. */
async function tokenFor(ms: number, claims: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await writeFile(tokenFile, `${await provider.sign({ ...claims, exp: Math.floor((Date.now() + ms) / 1_000) })}\n`);
}

async function environment(): Promise<EnvironmentRecord | undefined> {
  const response = await fetch(`${server}/v1/environments`, { headers: { authorization: `Bearer ${TOKEN}` } });
  return ((await response.json()) as { connections: EnvironmentRecord[] }).connections[0];
}

it.each([
  ['--token-file', () => tokenFile],
  ['--token-command', () => `cat ${tokenFile}`],
])('C30 a listener whose token has expired comes back with the next one of %s', async (flag, source) => {
  await tokenFor(HOUR_MS, { twinlane_role: 'device', sub: 'builder' });
  const listener = twinlane(['listen', '--name', 'laptop', flag, source()]);
  await listener.prints('online');
  const before = await environment();
  await tokenFor(3 * HOUR_MS, { twinlane_role: 'device', sub: 'builder' });
  later = 2 * HOUR_MS;
  await expect.poll(async () => (await environment())?.connectedAt, PATIENCE).toBeGreaterThan(before?.connectedAt ?? 0);
});

it('C30 a client whose token is about to expire goes on with what the file holds by then', async () => {
  await tokenFor(HOUR_MS, { twinlane_role: 'device', sub: 'builder' });
  await twinlane(['listen', '--name', 'laptop', '--token', TOKEN]).prints('online');
  await tokenFor(HOUR_MS, { twinlane_access: 'watch' });
  const clock = new LongTimers();
  const watching = twinlane(['attach', '--watch', '--conversation', 'c1', '--token-file', tokenFile], clock);
  await watching.stderr.shows('Watching conversation c1 of laptop');
  await tokenFor(3 * HOUR_MS, { twinlane_access: 'watch' });
  await clock.fire();
  // The next one is planned once the relay has taken this one.
  await clock.fire();
  later = 2 * HOUR_MS;
  expect(await twinlane(['environments', '--token', TOKEN]).exit).toBe(0);
  expect(relay.get(LiveSockets).count).toBe(4);
  expect(watching.stderr.text).not.toContain('The connection broke');
});

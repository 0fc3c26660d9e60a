import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { AcpOptions } from './acp.options.js';
import { AgentKeeper } from './agent-keeper.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'twinlane-keeper-'));
  vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => {});
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

it('starts an agent that always ends by itself twice as late each time, up to the longest wait', async () => {
  const clock = new ManualClock();
  const command = `/bin/sh -c 'echo started >> starts; exit 1'`;
  const options = Object.assign(new AcpOptions(), { restartMinMs: 1_000, restartMaxMs: 3_000 });
  const keeper = new AgentKeeper({ command, cwd: folder, env: { PATH: process.env['PATH'] } }, options, clock);
  const file = path.join(folder, 'starts');
  const starts = (): number => (existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').length : 0);
  const waits: number[] = [];
  let failed = keeper.get().catch(String);
  await clock.advance(0);
  expect(await failed).toContain('ended with exit code 1');
  for (const wait of [1_000, 2_000, 3_000, 3_000]) {
    const before = starts();
    failed = keeper.get().catch(String);
    await vi.waitFor(() => expect(clock.pending).toBe(1));
    await clock.advance(wait - 1);
    expect(starts()).toBe(before);
    await clock.advance(1);
    await failed;
    waits.push(starts() - before);
  }
  expect(waits).toEqual([1, 1, 1, 1]);
});

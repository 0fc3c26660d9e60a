import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { NATS_SKIPPED } from '../kit/nats-server.js';

const CHAOS = fileURLToPath(new URL('../../.chaos/chaos/main.js', import.meta.url));
const CLEAN = { chaos: true, lost: 0, duplicated: 0, reordered: 0, untold: 0 };

/** Runs it as `npm run chaos` does. */
async function chaos(...args: readonly string[]) {
  const child = spawn(process.execPath, [CHAOS, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [output, [exitCode]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  // For whoever looks at the log: the table of faults, and what was lost.
  process.stdout.write(output);
  const last = output.trimEnd().split('\n').at(-1) ?? '';
  const result = last.startsWith('{') ? (JSON.parse(last) as Record<string, unknown>) : {};
  return { exitCode, result };
}

// First, beside another one: it takes the longest. Its faults are nodes that are killed, one by one and two at once, cut off and frozen, and NATS.
it.skipIf(NATS_SKIPPED !== undefined).concurrent(
  `loses nothing with three nodes (NATS: ${NATS_SKIPPED ?? 'here'})`,
  async () => {
    const { exitCode, result } = await chaos('--engine', 'nats', '--nodes', '3', '--seed', '1505', '--seconds', '14');
    expect(result).toMatchObject({ ...CLEAN, engine: 'nats', nodes: 3 });
    expect(exitCode).toBe(0);
  },
);

it.concurrent.each([1, 2, randomInt(2 ** 32)])('loses nothing under the faults of seed %i', async (seed) => {
  const { exitCode, result } = await chaos('--seed', String(seed), '--seconds', '20');
  expect(result).toMatchObject(CLEAN);
  expect(exitCode).toBe(0);
});

it.concurrent('finds a relay that takes repeated events for new ones', async () => {
  const { exitCode, result } = await chaos('--seed', '1', '--seconds', '5', '--plant', 'dedupe');
  expect(result['duplicated']).toBeGreaterThan(0);
  expect(exitCode).toBe(1);
});

it.concurrent('finds a journal whose tail is gone after a restart', async () => {
  const { exitCode, result } = await chaos('--seed', '1', '--seconds', '5', '--plant', 'tail');
  expect(result['untold']).toBeGreaterThan(0);
  expect(exitCode).toBe(1);
});

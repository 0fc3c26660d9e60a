import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { NATS_SKIPPED, NatsServer } from '../kit/nats-server.js';
import { startRelay } from '../kit/twinlane.js';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { DESK, PHONE } from './kit/watched-page.js';

// Nodes, NATS and a browser start here.
vi.setConfig({ hookTimeout: 240_000 });

describe.skipIf(SKIPPED !== undefined)('a relay that is one process', () => {
  let bench: ConsoleBench;
  beforeAll(async () => {
    bench = await ConsoleBench.start({ relay: { nodeName: 'alone' } });
  });
  afterAll(() => bench?.close());

  it('is the only node, and says how there may be more', async () => {
    const visitor = await bench.signedIn({ ...PHONE, colorScheme: 'dark' });
    const { page } = visitor;
    await page.goto(`${bench.url}/#/admin/nodes`);
    await page.getByText('One process is the whole relay.').waitFor();
    const row = page.getByRole('row', { name: /alone/ });
    for (const text of ['answers here', 'ready']) await row.getByText(text).waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    visitor.expectNoTroubles(bench.url);
  });

  it('shows nodes to nobody but its operator', async () => {
    const { token } = await bench.twinlane
      .client()
      .administration.createToken({ name: 'boss', role: 'admin', organizationId: 'default' });
    const { page } = await bench.signedIn(DESK, token);
    await page.goto(`${bench.url}/#/admin/limits`);
    await page.getByRole('link', { name: 'Limits' }).waitFor();
    expect(await page.getByRole('link', { name: 'Nodes' }).count()).toBe(0);
  });
});

const WHY = SKIPPED ?? NATS_SKIPPED;
describe.skipIf(WHY !== undefined)(`two relay nodes (${WHY ?? 'NATS is here'})`, () => {
  let nats: NatsServer;
  let bench: ConsoleBench;
  beforeAll(async () => {
    nats = await NatsServer.start();
    bench = await ConsoleBench.start({ relay: { engine: nats.url, nodeName: 'first' } });
  });
  afterAll(async () => {
    await bench?.close();
    await nats?.dispose();
  });

  it('are shown as they come and go, and an environment says where it is', async () => {
    const second = await startRelay({ engine: nats.url, nodeName: 'second' });
    onTestFinished(() => second.close());
    const visitor = await bench.signedIn(DESK);
    const { page } = visitor;
    await page.getByRole('link', { name: /laptop/ }).click();
    await page.getByRole('link', { name: 'Connection', exact: true }).click();
    await page.getByRole('link', { name: 'first', exact: true }).click();
    await page.getByText('NATS connected').waitFor();
    const first = page.getByRole('row', { name: /first/ });
    for (const text of ['answers here', 'ready']) await first.getByText(text).waitFor();
    await first.locator('[data-label="Environments"]').getByText('1', { exact: true }).waitFor();
    const other = page.getByRole('row', { name: /second/ });
    await other.getByText('ready').waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    await second.close();
    await other.waitFor({ state: 'detached' });
    visitor.expectNoTroubles(bench.url);
  });
});

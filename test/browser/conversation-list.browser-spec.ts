import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RawSocket } from '../kit/raw-socket.js';
import { TOKEN } from '../kit/twinlane.js';
import { SKIPPED } from './kit/chromium.js';
import { ConsoleBench } from './kit/console-bench.js';
import { DESK, PHONE } from './kit/watched-page.js';

const CONVERSATIONS = 130;

describe.skipIf(SKIPPED !== undefined)('the list of conversations', () => {
  let bench: ConsoleBench;
  beforeAll(async () => {
    bench = await ConsoleBench.start();
    const { wsUrl } = await bench.register({
      deviceId: 'device-2',
      connectionName: 'busy',
      metadata: { eventSeqScope: 'runtime' },
    });
    const device = await RawSocket.open(wsUrl, { token: TOKEN });
    for (let n = 1; n <= CONVERSATIONS; n++)
      device.send({
        type: 'stream_delta',
        delta: { message_type: 'user_message', id: `m${n}`, content: `Task ${n}.` },
        runtime: { agent_id: null, conversation_id: `conversation-${n}` },
        event_epoch: '00000001',
        event_seq: 1,
        emitted_at: new Date().toISOString(),
        idempotency_key: `stream_delta:1:00000001:${n}`,
      });
    device.send({ type: 'ping' });
    await device.seen('pong');
  });
  afterAll(() => bench?.close());

  it('goes on behind the newest hundred', async () => {
    const visitor = await bench.signedIn(DESK);
    const { page } = visitor;
    await page.getByRole('link', { name: /busy/ }).click();
    const list = page.getByRole('navigation', { name: 'Conversations' });
    await list.getByRole('link', { name: 'Task 130.', exact: false }).waitFor();
    expect(await list.getByRole('link').count()).toBe(100);
    await list.getByRole('button', { name: 'List older ones' }).press('Enter');
    await list.getByRole('link', { name: /^Task 1\./ }).click();
    await page.waitForURL(/conversation-1$/);
    expect(await list.getByRole('link').count()).toBe(CONVERSATIONS);
    expect(await list.getByRole('button', { name: 'List older ones' }).count()).toBe(0);
    expect(await visitor.axe()).toEqual([]);
    visitor.expectNoTroubles(bench.url);
  });

  it('and on a phone', async () => {
    const visitor = await bench.signedIn(PHONE);
    const { page } = visitor;
    await page.getByRole('link', { name: /busy/ }).click();
    const menu = page.getByRole('button', { name: /^Conversations: Task/ });
    await menu.click();
    // It is the entry of a menu, which closes; what it adds is there when the menu is opened again, or a moment later.
    await page.getByRole('menuitem', { name: 'List older ones' }).click();
    await menu.click();
    await page.getByRole('menuitemradio', { name: /^Task 1\./ }).waitFor();
    expect([await visitor.axe(), await visitor.sideways()]).toEqual([[], 0]);
    visitor.expectNoTroubles(bench.url);
  });
});

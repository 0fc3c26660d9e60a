import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { isEvent, isGap, isReplayed, TwinlaneClient } from '../src/client/index.js';
import { onlineEnvironment, TOKEN, Twinlane } from './kit/twinlane.js';

/** Every socket that the client under test has opened. */
const sockets: WebSocket[] = [];
class BreakableSocket extends WebSocket {
  constructor(...args: ConstructorParameters<typeof WebSocket>) {
    super(...args);
    sockets.push(this);
  }
}

let twinlane: Twinlane;
beforeEach(async () => {
  twinlane = await Twinlane.start();
});
afterEach(async () => {
  sockets.length = 0;
  await twinlane.close();
});

it('a client whose sockets break sees what came meanwhile, every event of its turn once, in order', async () => {
  const client = new TwinlaneClient({
    server: twinlane.url,
    token: TOKEN,
    WebSocket: BreakableSocket,
    limits: { backoffFirstMs: 200 },
    random: () => 0.9,
  });
  const attachment = await client.attach(await onlineEnvironment(client));
  await attachment.runtimeStart({ agent_id: null });
  const numbers: unknown[] = [];
  let printed = '';
  const turn = await attachment.turn(
    'for i in 1 2 3 4 5; do echo $i; while [ ! -e go-$i ]; do sleep 0.01; done; done; exit 3',
  );
  for await (const event of turn) {
    expect(isGap(event)).toBe(false);
    if (!isReplayed(event)) numbers.push(event['event_seq']);
    if (!isEvent(event, 'stream_delta') || event.delta['stream'] !== 'stdout') continue;
    const text = String(event.delta['tool_return']);
    printed += text;
    // The newest pair: control and then stream. Each has its turn, and the next line comes while neither is there.
    sockets.at(Number(text) % 2 === 0 ? -1 : -2)?.terminate();
    for await (const { phase } of attachment.states()) if (phase === 'reconnecting') break;
    await writeFile(path.join(twinlane.workspace, `go-${text.trim()}`), '');
  }
  attachment.close();
  expect(turn.outcome).toMatchObject({ stop_reason: 'end_turn' });
  expect(printed).toBe('1\n2\n3\n4\n5\n');
  expect(sockets).toHaveLength(2 * 6);
  expect(numbers).toEqual(numbers.map((_, i) => Number(numbers[0]) + i));
});

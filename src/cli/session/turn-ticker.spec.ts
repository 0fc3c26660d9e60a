import { expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { StatusLine } from './status-line.js';
import { TurnTicker } from './turn-ticker.js';

function start() {
  const clock = new ManualClock();
  let written = '';
  const line = new StatusLine({
    write: (text) => {
      written += text;
      return true;
    },
  });
  const ticker = new TurnTicker(line, clock);
  const shown = () => written.split('\r\u001b[K').at(-1);
  return { clock, line, ticker, shown, written: () => written };
}
const delta = (fields: object) => ({
  type: 'stream_delta',
  delta: fields,
  runtime: { agent_id: null, conversation_id: 'conv-1' },
  event_epoch: 'epoch-1',
  event_seq: 1,
  emitted_at: '2026-11-22T12:00:00.000Z',
  idempotency_key: 'key',
});

it('stays silent in short turns', async () => {
  const { clock, ticker, written } = start();
  await clock.advance(2_900);
  ticker.stop();
  await clock.advance(10_000);
  expect(written()).toBe('');
});

it('counts time and what came, and tokens where the agent does', async () => {
  const { clock, ticker, shown } = start();
  await clock.advance(3_000);
  expect(shown()).toBe('⠋ 3 s');
  ticker.learn(delta({ message_type: 'user_message', content: 'what was asked' }));
  ticker.learn(delta({ message_type: 'tool_return_message', tool_return: 'ä'.repeat(400) }));
  await clock.advance(200);
  expect(shown()).toBe('⠙ 3 s, 800 bytes');
  ticker.learn(delta({ message_type: 'assistant_message', content: [{ type: 'text', text: 'x'.repeat(1_248) }] }));
  await clock.advance(200);
  expect(shown()).toBe('⠹ 3 s, 2.0 KiB');
  ticker.learn(delta({ message_type: 'usage_statistics', total_tokens: 1_234 }));
  await clock.advance(61_000);
  expect(shown()).toMatch(/^\S 1 min 4 s, 1,234 tokens$/);
  ticker.stop();
  expect(shown()).toBe('');
});

it('leaves the line to output, and does not stand in the middle of one', async () => {
  const { clock, line, written, shown } = start();
  await clock.advance(3_000);
  line.write('half');
  await clock.advance(1_000);
  expect(written()).toBe('\r\u001b[K⠋ 3 s\r\u001b[Khalf');
  line.write(' a line\n');
  await clock.advance(200);
  expect(written()).toContain('half a line\n\r\u001b[K');
  expect(shown()).toMatch(/^\S 4 s$/);
});

import { beforeEach, describe, expect, it } from 'vitest';
import type { Delta, Frame } from '../../protocol/index.js';
import { Output } from '../output.js';
import { NO_PAINT } from '../paint.js';
import { TurnPrinter } from './turn-printer.js';

let shown: string;
let printer: TurnPrinter;

beforeEach(() => {
  shown = '';
  // Both on one terminal.
  const stream = { write: (text: string) => ((shown += text), true), on: () => {}, once: () => {} };
  printer = new TurnPrinter(new Output(stream), new Output(stream), NO_PAINT);
});

function delta(fields: Delta): Frame {
  const runtime = { agent_id: 'a', conversation_id: 'c' };
  return { type: 'stream_delta', runtime, event_epoch: '00000001', event_seq: 1, delta: fields };
}

async function prints(...deltas: Delta[]): Promise<string> {
  for (const fields of deltas) await printer.print(delta(fields));
  return shown;
}

describe('what an agent thinks', () => {
  it('is shown as it comes, and its answer begins on a line of its own', async () => {
    const pieces = ['Look at ', 'the file.\nThen\u001b[2J', ' write.'].map((reasoning) => ({
      message_type: 'reasoning_message' as const,
      reasoning,
    }));
    const answer = { message_type: 'assistant_message' as const, content: 'Done.' };
    expect(await prints(...pieces, answer)).toBe('Look at the file.\nThen\\u{1b}[2J write.\nDone.');
  });

  it('ends its line with the turn', async () => {
    await prints({ message_type: 'reasoning_message', reasoning: 'hm' });
    const runtime = { agent_id: 'a', conversation_id: 'c' };
    await printer.print({ type: 'turn_finished', runtime, event_epoch: '1', event_seq: 2, stop_reason: 'end_turn' });
    expect(shown).toBe('hm\n');
  });
});

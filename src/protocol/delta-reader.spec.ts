import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeFrame, withSeq } from './codec.js';
import { readDelta } from './delta-reader.js';
import { EventSealer } from './envelope.js';
import type { Frame } from './frames.js';

const runtime = { agent_id: 'agent-1', conversation_id: 'conversation-1' };

function deltaText(delta: unknown, seq = 7, scope = runtime): string {
  const text = new EventSealer(scope, 'a1b2c3d4', '0a1b2c').encode('stream_delta', { delta }, 42, 0);
  return withSeq(text, seq);
}

/** What is to be the same in both. */
function headOf(frame: Frame): unknown {
  const { seq, type, runtime: scope, event_epoch, event_seq } = frame;
  return { seq, type, runtime: scope, event_epoch, event_seq };
}

/** Takes it only where `decodeFrame` does, and as that does. */
function expectSame(text: string): boolean {
  const read = readDelta(text);
  if (read) expect(read).toEqual(headOf(decodeFrame(text)));
  return read !== undefined;
}

describe('readDelta', () => {
  it.each<[string, unknown]>([
    ['a text', { message_type: 'assistant_message', content: 'hello' }],
    ['escapes', { content: '"quoted" \\ \n \u0000 \u2028 \ud800 é 😀' }],
    ['values of every kind', { a: [1, -0.5e-7, 1e21, true, false, null, [], {}], b: { c: { d: 'e' } } }],
    ['nothing', {}],
  ])('reads what a listener writes: %s', (_name, delta) => {
    const text = deltaText(delta);
    expect(readDelta(text)).toEqual({ seq: 7, type: 'stream_delta', runtime, event_epoch: 'a1b2c3d4', event_seq: 42 });
    expect(expectSame(text)).toBe(true);
  });

  it('reads a runtime without an agent', () => {
    const text = withSeq(
      new EventSealer({ agent_id: null, conversation_id: 'c' }, 'e', 'f').encode('stream_delta', { delta: {} }, 1, 0),
      1,
    );
    expect(readDelta(text)?.['runtime']).toEqual({ agent_id: null, conversation_id: 'c' });
  });

  it.each([
    ['what has no number', deltaText({}).replace('"seq":7,', '')],
    ['another type', deltaText({}).replace('stream_delta', 'update_queue')],
    ['a key more', deltaText({}).replace('"runtime"', '"x":1,"runtime"')],
    ['a repeated key', deltaText({}).replace('"runtime"', '"delta":{},"runtime"')],
    ['an escaped name', deltaText({}, 7, { agent_id: 'a"b', conversation_id: 'c' })],
    ['a control character in a string', deltaText({ a: 'x' }).replace('"x"', '"\n"')],
    ['an escape that is none', deltaText({ a: 'x' }).replace('"x"', '"\\x"')],
    ['a number that is none', deltaText({ a: 1 }).replace('"a":1', '"a":01')],
    ['a comma too many', deltaText({ a: 1 }).replace('"a":1', '"a":1,')],
    ['spaces', deltaText({ a: 1 }).replace('"a":', '"a": ')],
    ['something after it', `${deltaText({})} `],
    ['an unsafe number', deltaText({}).replace('"seq":7', '"seq":12345678901234567')],
    ['what is nested deeper', deltaText({ a: { b: { c: { d: { e: 1 } } } } })],
    ['what is long', deltaText({ a: 'x'.repeat(70_000) })],
  ])('leaves to others: %s', (_name, text) => {
    expect(readDelta(text)).toBeUndefined();
  });

  it('C29 takes nothing that is no frame, whatever is done to the text of one', () => {
    const piece = fc.constantFrom(
      ...Array.from('{}[]":,\\0123456789-+.eEu \n\u0001é'),
      'true',
      'null',
      '"a":',
      '\\u00',
      ',"seq":1',
    );
    const edit = fc.record({ at: fc.nat(400), cut: fc.nat(4), put: fc.array(piece, { maxLength: 3 }) });
    const delta = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 }), { maxKeys: 3 });
    let taken = 0;
    fc.assert(
      fc.property(delta, fc.array(edit, { maxLength: 3 }), (payload, edits) => {
        let text = deltaText(payload);
        for (const { at, cut, put } of edits) {
          const from = at % text.length;
          text = text.slice(0, from) + put.join('') + text.slice(from + cut);
        }
        if (expectSame(text)) taken++;
      }),
      { seed: 1, numRuns: 5_000 },
    );
    expect(taken).toBeGreaterThan(500);
  });

  it('takes no longer for what it does not take than for its length', () => {
    const nearly = deltaText({ a: Array.from({ length: 20_000 }, () => 1) }).replace(']', ',]');
    expect(readDelta(nearly)).toBeUndefined();
    expect(readDelta(deltaText({ a: '\n'.repeat(30_000) }).replace('}', '\u0001}'))).toBeUndefined();
  });
});

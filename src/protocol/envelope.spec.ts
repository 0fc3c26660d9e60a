import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventSealer } from './envelope.js';

const NOW = Date.UTC(2030, 0, 1);

describe('EventSealer', () => {
  it('encodes as JSON does, whatever is in a payload or a name', () => {
    const payloads = fc.oneof(
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.record({ runtime: fc.jsonValue(), event_seq: fc.integer(), delta: fc.jsonValue() }, { requiredKeys: [] }),
      fc.constant({ delta: undefined }),
    );
    const runtimes = fc.record({ agent_id: fc.option(fc.string()), conversation_id: fc.string() });
    const check = (type: string, payload: object, runtime: Parameters<typeof encoded>[2], seq: number): void => {
      const [text, expected] = encoded(type, payload, runtime, seq);
      expect(text).toBe(expected);
    };
    fc.assert(fc.property(fc.string(), payloads, runtimes, fc.nat(), check), { seed: 1 });
  });

  it('tells each event its own time', () => {
    const sealer = new EventSealer({ agent_id: null, conversation_id: 'c' }, 'e', 'a1b2c3');
    const times = [0, 0, 1].map((ms) => (JSON.parse(sealer.encode('t', {}, 1, NOW + ms)) as Sealed).emitted_at);
    expect(times).toEqual(['2030-01-01T00:00:00.000Z', '2030-01-01T00:00:00.000Z', '2030-01-01T00:00:00.001Z']);
  });
});

interface Sealed {
  readonly emitted_at: string;
}

function encoded(
  type: string,
  payload: object,
  runtime: { agent_id: string | null; conversation_id: string },
  seq: number,
): readonly [string, string] {
  const sealer = new EventSealer(runtime, 'a1b2c3d4', '0a1b2c');
  return [sealer.encode(type, payload, seq, NOW), JSON.stringify(sealer.seal(type, payload, seq, NOW))];
}

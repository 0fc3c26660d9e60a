import { PassThrough } from 'node:stream';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import { type OutputName, OutputPump, type OutputSink, pieces } from './output-pump.js';

const OPTIONS = { outputDelayMs: 10, maxDeltaLength: 16 };

class Sink implements OutputSink {
  readonly emitted: [OutputName, string][] = [];
  full = false;
  private waiting: (() => void)[] = [];

  ready(): Promise<void> {
    return this.full ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve();
  }

  emit(stream: OutputName, text: string): void {
    this.emitted.push([stream, text]);
  }

  makeRoom(): void {
    this.full = false;
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  text(stream: OutputName): string {
    return this.emitted.map(([name, text]) => (name === stream ? text : '')).join('');
  }
}

function start() {
  const [sink, clock, stdout, stderr] = [new Sink(), new ManualClock(), new PassThrough(), new PassThrough()];
  const pump = new OutputPump(sink, clock, OPTIONS);
  pump.attach('stdout', stdout);
  pump.attach('stderr', stderr);
  return { sink, clock, stdout, stderr, pump };
}

/** Lets streams hand over what was written; they do so on ticks of the event loop. */
async function flowing(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await settle();
}

describe('OutputPump', () => {
  it('C34 keeps characters intact wherever the chunks are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary', maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
        async (text, cuts) => {
          const { sink, stdout, pump } = start();
          const bytes = Buffer.from(text, 'utf8');
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const size = cuts[i % cuts.length] ?? 1;
            stdout.emit('data', bytes.subarray(at, at + size));
            at += size;
          }
          await pump.drained();
          expect(sink.text('stdout')).toBe(bytes.toString('utf8'));
        },
      ),
      { seed: 1 },
    );
  });

  it('C34 decodes each stream by itself', async () => {
    const { sink, stdout, stderr, pump } = start();
    stdout.emit('data', Buffer.from([0xe2, 0x82]));
    stderr.emit('data', Buffer.from([0xf0, 0x9f]));
    stdout.emit('data', Buffer.from([0xac]));
    stderr.emit('data', Buffer.from([0x98, 0x80]));
    await pump.drained();
    expect(sink.emitted).toEqual([
      ['stdout', '€'],
      ['stderr', '😀'],
    ]);
  });

  it('C34 shows bytes that are no UTF-8, also an unfinished character at the end, as U+FFFD', async () => {
    const { sink, stdout, pump } = start();
    stdout.emit('data', Buffer.from([0x61, 0xff, 0x62, 0xe2, 0x82]));
    await pump.drained();
    expect(sink.text('stdout')).toBe('a\uFFFDb\uFFFD');
  });

  it('collects what comes within the delay into one piece', async () => {
    const { sink, clock, stdout } = start();
    stdout.emit('data', Buffer.from('one\n'));
    stdout.emit('data', Buffer.from('two\n'));
    expect(sink.emitted).toEqual([]);
    await clock.advance(OPTIONS.outputDelayMs);
    expect(sink.emitted).toEqual([['stdout', 'one\ntwo\n']]);
  });

  it('does not wait for the delay when there is enough for a piece', async () => {
    const { sink, stdout } = start();
    stdout.emit('data', Buffer.from('x'.repeat(20)));
    await settle();
    expect(sink.emitted.map(([, text]) => text.length)).toEqual([16, 4]);
  });

  it('pauses the pipes while there is no room, and loses nothing', async () => {
    const { sink, stdout, stderr, pump } = start();
    sink.full = true;
    stdout.write('x'.repeat(20));
    await flowing();
    stdout.write('later');
    stderr.write('other');
    await flowing();
    expect([stdout.isPaused(), stderr.isPaused()]).toEqual([true, true]);
    expect(sink.emitted).toEqual([]);
    sink.makeRoom();
    await flowing();
    expect(stdout.isPaused()).toBe(false);
    await pump.drained();
    expect(sink.text('stdout')).toBe(`${'x'.repeat(20)}later`);
    expect(sink.text('stderr')).toBe('other');
  });

  it('no longer waits for room once it is abandoned', async () => {
    const { sink, stdout, pump } = start();
    sink.full = true;
    stdout.write('x'.repeat(20));
    await flowing();
    const drained = pump.drained();
    pump.abandon();
    await drained;
    expect(sink.text('stdout')).toBe('x'.repeat(20));
    expect(stdout.destroyed).toBe(true);
  });

  it('says what the sink threw, and stops reading', async () => {
    const { sink, stdout, pump } = start();
    sink.emit = () => {
      throw new Error('no');
    };
    stdout.emit('data', Buffer.from('x'));
    await expect(pump.drained()).rejects.toThrow('no');
    expect(stdout.destroyed).toBe(true);
  });
});

describe('pieces', () => {
  it('C34 never cuts a surrogate pair', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 2, max: 5 }), (text, length) => {
        const cut = [...pieces(text, length)];
        expect(cut.join('')).toBe(text);
        for (const piece of cut) {
          expect(piece.length).toBeLessThanOrEqual(length);
          expect(piece.isWellFormed()).toBe(true);
        }
      }),
      { seed: 1 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { AsyncQueue } from './async-queue.js';
import { terminalStreams } from './terminal-streams.js';

function bench() {
  const output = new AsyncQueue<string>();
  const typed: string[] = [];
  const link = { isUp: true, tell: (_isUp: boolean): void => {} };
  let waits: () => void = () => {};
  const streams = terminalStreams({
    output,
    write: (text) => {
      if (link.isUp) typed.push(text);
      return link.isUp;
    },
    linked: () =>
      new Promise((resolve) => {
        link.tell = resolve;
        waits();
      }),
  });
  const waiting = (): Promise<void> => new Promise((resolve) => (waits = resolve));
  return { output, typed, link, waiting, ...streams };
}

describe('a terminal as streams', () => {
  it('is read to its end', async () => {
    const { output, readable } = bench();
    for (const text of ['a', 'b']) output.push(text);
    output.finish();
    const read: string[] = [];
    await readable.pipeTo(new WritableStream({ write: (text) => void read.push(text) }));
    expect(read).toEqual(['a', 'b']);
  });

  it('is not read ahead', () => {
    const { output } = bench();
    output.push('abc', 3);
    expect(output.unreadBytes).toBe(3);
  });

  it('fails as its output does, and is left when it is cancelled', async () => {
    const failing = bench();
    failing.output.finish(new Error('the attachment failed'));
    await expect(failing.readable.getReader().read()).rejects.toThrow('the attachment failed');
    const left = bench();
    await left.readable.cancel();
    expect(left.output.ended).toBe(true);
  });

  it('keeps what is typed while no link is up, in order', async () => {
    const { typed, link, waiting, writable } = bench();
    const writer = writable.getWriter();
    await writer.write('a');
    link.isUp = false;
    const held = waiting();
    const written = [writer.write('b'), writer.write('c')];
    await held;
    expect(typed).toEqual(['a']);
    link.isUp = true;
    link.tell(true);
    await Promise.all(written);
    expect(typed).toEqual(['a', 'b', 'c']);
    await writer.close();
  });

  it('takes nothing more once the terminal has ended', async () => {
    const { link, waiting, writable } = bench();
    link.isUp = false;
    const held = waiting();
    const written = writable.getWriter().write('a');
    await held;
    link.tell(false);
    await expect(written).rejects.toThrow('The terminal has ended');
  });
});

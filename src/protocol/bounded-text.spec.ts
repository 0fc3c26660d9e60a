import { expect, it } from 'vitest';
import { readBoundedText } from './bounded-text.js';

it('C29 an answer without an end is read to its bound, and let go of', async () => {
  let pulled = 0;
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      pulled++;
      controller.enqueue(new Uint8Array(100));
    },
    cancel: () => void (isCancelled = true),
  });
  await expect(readBoundedText(new Response(body), 1_000)).rejects.toThrow('longer than 1000 bytes');
  expect(isCancelled).toBe(true);
  expect(pulled).toBeLessThan(20);
});

it('characters that are cut by the pieces of an answer stay whole', async () => {
  const bytes = new TextEncoder().encode('aé🙈');
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const byte of bytes) controller.enqueue(new Uint8Array([byte]));
      controller.close();
    },
  });
  expect(await readBoundedText(new Response(body), bytes.length)).toBe('aé🙈');
  expect(await readBoundedText(new Response(null), 0)).toBe('');
});

it('C08 an answer that neither goes on nor ends is left when its time is over', async () => {
  const abort = new AbortController();
  const late = readBoundedText(new Response(new ReadableStream()), 1_000, abort.signal);
  abort.abort(new Error('late'));
  await expect(late).rejects.toThrow('late');
  await expect(readBoundedText(new Response(new ReadableStream()), 1_000, abort.signal)).rejects.toThrow('late');
});

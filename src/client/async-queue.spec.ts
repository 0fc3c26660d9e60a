import { expect, it } from 'vitest';
import { AsyncQueue, Fanout } from './async-queue.js';

it('hands out what waited, then what comes, then its end', async () => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  const seen: number[] = [];
  const loop = (async () => {
    for await (const item of queue) seen.push(item);
  })();
  queue.push(2);
  queue.finish();
  queue.push(3);
  await loop;
  expect(seen).toEqual([1, 2]);
});

it('throws its error after what waited', async () => {
  const queue = new AsyncQueue<number>();
  queue.push(1);
  queue.finish(new Error('gone'));
  expect(await queue.next()).toEqual({ done: false, value: 1 });
  await expect(queue.next()).rejects.toThrow('gone');
});

it('counts what waits for the slowest reader, and forgets readers that left', async () => {
  let moves = 0;
  const fanout = new Fanout<string>(() => moves++);
  const [slow, fast] = [fanout.subscribe(), fanout.subscribe()];
  fanout.publish('a', 10);
  fanout.publish('b', 10);
  await fast.next();
  expect(fanout.unreadBytes).toBe(20);
  await slow.return();
  expect(fanout.unreadBytes).toBe(10);
  expect(moves).toBeGreaterThan(1);
});

it('ends late readers as it ended the others', async () => {
  const fanout = new Fanout<string>();
  fanout.finish(new Error('gone'));
  await expect(fanout.subscribe().next()).rejects.toThrow('gone');
});

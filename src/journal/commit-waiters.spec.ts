import { describe, expect, it } from 'vitest';
import { CommitWaiters } from './commit-waiters.js';

function record(waiters: CommitWaiters): { settled: string[]; wait: (position: number) => Promise<void> } {
  const settled: string[] = [];
  const wait = (position: number): Promise<void> => {
    const promise = waiters.for(position);
    promise.then(
      () => settled.push(`${position}`),
      () => settled.push(`${position} failed`),
    );
    return promise;
  };
  return { settled, wait };
}

describe('CommitWaiters', () => {
  it('has one promise for what goes to the disk together', async () => {
    const waiters = new CommitWaiters();
    const { settled, wait } = record(waiters);
    const first = wait(1);
    expect(wait(3)).toBe(first);
    expect(wait(2)).toBe(first);
    waiters.seal();
    expect(wait(3)).toBe(first);
    const second = wait(4);
    expect(second).not.toBe(first);
    waiters.committed(2);
    await Promise.resolve();
    expect(settled).toEqual([]);
    waiters.committed(3);
    await first;
    expect(settled).toEqual(['1', '3', '2', '3']);
    waiters.committed(4);
    await second;
    expect(settled.at(-1)).toBe('4');
  });

  it('begins a new promise where the one before is over', async () => {
    const waiters = new CommitWaiters();
    const { settled, wait } = record(waiters);
    const first = wait(1);
    waiters.committed(1);
    await first;
    const later = wait(2);
    await Promise.resolve();
    expect(settled).toEqual(['1']);
    waiters.committed(5);
    await later;
    expect(settled).toEqual(['1', '2']);
  });

  it('tells everybody that nothing more will be committed', async () => {
    const waiters = new CommitWaiters();
    const { settled, wait } = record(waiters);
    wait(1).catch(() => undefined);
    waiters.seal();
    const last = wait(2);
    waiters.abandon(new Error('closed'));
    await expect(last).rejects.toThrow('closed');
    expect(settled).toEqual(['1 failed', '2 failed']);
  });
});

import { describe, expect, it } from 'vitest';
import { MemoryJournal } from '../../journal/index.js';
import { HistoryReader } from './history-reader.js';

const RUNTIME = { agent_id: null, conversation_id: 'conv-1' };

/** A journal that notes how many entries each read asked for. */
class WatchedJournal extends MemoryJournal {
  readonly limits: number[] = [];

  override read(...[runtime, after, limit]: Parameters<MemoryJournal['read']>): ReturnType<MemoryJournal['read']> {
    this.limits.push(limit);
    return super.read(runtime, after, limit);
  }
}

function journal(count: number, bytes: number): WatchedJournal {
  const log = new WatchedJournal();
  for (let seq = 1; seq <= count; seq++)
    log.append(RUNTIME, { epoch: 'e', seq, type: 'stream_delta', frame: 'x'.repeat(bytes) });
  return log;
}

function readAll(log: WatchedJournal): number[] {
  const reader = new HistoryReader(log, RUNTIME);
  const positions: number[] = [];
  for (let entry = reader.after(0); entry; entry = reader.after(entry.position)) positions.push(entry.position);
  return positions;
}

describe('HistoryReader', () => {
  it('asks the journal rarely while entries are small', () => {
    const log = journal(500, 100);
    expect(readAll(log)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1));
    expect(log.limits.length).toBeLessThan(20);
    expect(Math.max(...log.limits)).toBe(64);
  });

  it('C17 reads large entries one by one', () => {
    const log = journal(20, 100_000);
    expect(readAll(log)).toHaveLength(20);
    expect(Math.max(...log.limits)).toBeLessThanOrEqual(2);
  });

  it('sees what is appended after it came to the end', () => {
    const log = journal(1, 10);
    const reader = new HistoryReader(log, RUNTIME);
    expect(reader.after(1)).toBeUndefined();
    log.append(RUNTIME, { epoch: 'e', seq: 2, type: 'stream_delta', frame: '{}' });
    expect(reader.after(1)?.position).toBe(2);
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { PendingApprovals } from './pending-approvals.js';

const RUNTIME = { agent_id: 'a', conversation_id: 'c' };

describe('PendingApprovals', () => {
  let approvals: PendingApprovals;
  let log: string[];

  const answer = (name: string) => ({
    behavior: 'allow' as const,
    send: () => void log.push(`${name} sent`),
    refuse: () => void log.push(`${name} refused`),
  });

  beforeEach(() => {
    approvals = new PendingApprovals();
    log = [];
    approvals.add(RUNTIME, 'p1', '{}');
  });

  it('C20 lets one of several answers win, and tells the others', () => {
    approvals.claim(RUNTIME, 'p1', answer('first'));
    approvals.claim(RUNTIME, 'p1', answer('second'));
    expect(log).toEqual(['first sent']);
    approvals.settle(RUNTIME, 'p1', true);
    approvals.claim(RUNTIME, 'p1', answer('third'));
    expect(log).toEqual(['first sent', 'second refused', 'third refused']);
  });

  it('gives the next answer its turn when the device refused the first', () => {
    approvals.claim(RUNTIME, 'p1', answer('first'));
    approvals.claim(RUNTIME, 'p1', answer('second'));
    approvals.settle(RUNTIME, 'p1', false);
    expect(log).toEqual(['first sent', 'second sent']);
    approvals.settle(RUNTIME, 'p1', false);
    expect(approvals.get(RUNTIME, 'p1')?.state).toBe('pending');
  });

  it('refuses answers to what has ended, and knows nothing of what it never saw', () => {
    expect(approvals.end(RUNTIME, 'p1')).toBe(true);
    expect(approvals.claim(RUNTIME, 'p1', answer('late'))).toBe('refused');
    expect(approvals.claim(RUNTIME, 'p2', answer('strange'))).toBe('unknown');
    expect(log).toEqual(['late refused']);
  });

  it('keeps runtimes apart that use the same ids', () => {
    const other = { agent_id: 'a', conversation_id: 'd' };
    expect(approvals.add(other, 'p1', '{}')).toBe(true);
    expect(approvals.add(RUNTIME, 'p1', '{}')).toBe(false);
    approvals.end(other, 'p1');
    expect(approvals.of(RUNTIME).map(({ requestId }) => requestId)).toEqual(['p1']);
  });
});

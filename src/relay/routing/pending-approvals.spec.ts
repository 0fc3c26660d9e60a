import { beforeEach, describe, expect, it } from 'vitest';
import { PendingApprovals } from './pending-approvals.js';

const RUNTIME = { agent_id: 'a', conversation_id: 'c' };

describe('PendingApprovals', () => {
  let approvals: PendingApprovals;
  let log: string[];

  const answer = (name: string, identity?: string) => ({
    behavior: 'allow' as const,
    identity,
    send: () => void log.push(`${name} sent`),
    accept: () => void log.push(`${name} accepted`),
    refuse: (outcome: string | undefined) => void log.push(`${name} refused: ${outcome}`),
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
    expect(log).toEqual(['first sent', 'second refused: allow', 'third refused: allow']);
  });

  it('gives the next answer its turn when the device refused the first', () => {
    approvals.claim(RUNTIME, 'p1', answer('first'));
    approvals.claim(RUNTIME, 'p1', answer('second'));
    approvals.settle(RUNTIME, 'p1', false);
    expect(log).toEqual(['first sent', 'second sent']);
    approvals.settle(RUNTIME, 'p1', false);
    expect(approvals.get(RUNTIME, 'p1')?.state).toBe('pending');
  });

  it.each([
    ['once it was accepted', () => approvals.settle(RUNTIME, 'p1', true)],
    ['once the device told its end', () => void approvals.end(RUNTIME, 'p1', 'allow')],
    [
      'once both have come',
      () => {
        approvals.settle(RUNTIME, 'p1', true);
        approvals.end(RUNTIME, 'p1', 'allow');
        approvals.end(RUNTIME, 'p1', 'allow');
      },
    ],
  ])('C20 accepts the answer that won when it comes again, %s, and no other', (_when, ends) => {
    approvals.claim(RUNTIME, 'p1', answer('first', 'a'));
    approvals.claim(RUNTIME, 'p1', answer('again', 'a'));
    approvals.claim(RUNTIME, 'p1', answer('other', 'b'));
    ends();
    approvals.claim(RUNTIME, 'p1', answer('later', 'a'));
    approvals.claim(RUNTIME, 'p1', answer('last'));
    expect(log).toEqual([
      'first sent',
      'again accepted',
      'other refused: allow',
      'later accepted',
      'last refused: allow',
    ]);
  });

  it('C20 refuses an answer that was on its way when another one won', () => {
    approvals.claim(RUNTIME, 'p1', answer('first', 'a'));
    approvals.end(RUNTIME, 'p1', 'turn_ended');
    approvals.claim(RUNTIME, 'p1', answer('again', 'a'));
    expect(log).toEqual(['first sent', 'again refused: turn_ended']);
  });

  it('refuses answers to what has ended, and knows nothing of what it never saw', () => {
    expect(approvals.end(RUNTIME, 'p1', 'expired')).toBe(true);
    expect(approvals.claim(RUNTIME, 'p1', answer('late'))).toBe('ended');
    expect(approvals.claim(RUNTIME, 'p2', answer('strange'))).toBe('unknown');
    expect(log).toEqual(['late refused: expired']);
  });

  it('keeps runtimes apart that use the same ids', () => {
    const other = { agent_id: 'a', conversation_id: 'd' };
    expect(approvals.add(other, 'p1', '{}')).toBe(true);
    expect(approvals.add(RUNTIME, 'p1', '{}')).toBe(false);
    approvals.end(other, 'p1', 'deny');
    expect(approvals.of(RUNTIME).map(({ requestId }) => requestId)).toEqual(['p1']);
  });
});

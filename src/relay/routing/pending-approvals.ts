import { runtimeKey, type Runtime, SparseMap } from '../../protocol/index.js';

/** Ended approvals remembered, so that a late answer is told what happened. */
const MAX_ENDED = 1_024;
/** Further answers that wait while one is on its way to the device. */
const MAX_WAITING = 64;

/** One client's answer to an approval. */
export interface ApprovalAnswer {
  readonly behavior: 'allow' | 'deny';
  /** It is this answer's turn: on to the device. */
  send(): void;
  /** Another answer won. */
  refuse(): void;
}

export interface Approval {
  readonly runtime: Runtime;
  readonly requestId: string;
  /** The `control_request` as text. */
  readonly text: string;
  readonly state: 'pending' | 'answering' | 'answered';
  /** What is, or was, on its way to the device. */
  readonly answer: ApprovalAnswer | undefined;
}

interface Entry extends Approval {
  state: Approval['state'];
  answer: ApprovalAnswer | undefined;
  readonly waiting: ApprovalAnswer[];
}

/** What happens to an answer; `unknown`: no such approval was ever seen here. */
export type Claim = 'taken' | 'refused' | 'unknown';

/**
 * The approvals of one environment that wait for an answer. Of several answers one is on its way to the device at a time;
 * the first that the device accepts wins, and the others are told (protocol section 4).
 */
export class PendingApprovals {
  private readonly entries = new SparseMap<string, Entry>();
  private readonly ended = new Set<string>();

  /** @returns false when it is pending already */
  add(runtime: Runtime, requestId: string, text: string): boolean {
    const key = keyOf(runtime, requestId);
    if (this.entries.has(key)) return false;
    this.ended.delete(key);
    this.entries.set(key, { runtime, requestId, text, state: 'pending', answer: undefined, waiting: [] });
    return true;
  }

  get(runtime: Runtime, requestId: string): Approval | undefined {
    return this.entries.get(keyOf(runtime, requestId));
  }

  /** Oldest first. */
  of(runtime: Runtime): Approval[] {
    const wanted = runtimeKey(runtime);
    return [...this.entries.values()].filter((entry) => runtimeKey(entry.runtime) === wanted);
  }

  all(): Approval[] {
    return [...this.entries.values()];
  }

  claim(runtime: Runtime, requestId: string, answer: ApprovalAnswer): Claim {
    const key = keyOf(runtime, requestId);
    const entry = this.entries.get(key);
    if (!entry && !this.ended.has(key)) return 'unknown';
    if (entry?.state === 'pending') this.send(entry, answer);
    else if (entry?.state === 'answering' && entry.waiting.length < MAX_WAITING) entry.waiting.push(answer);
    else {
      answer.refuse();
      return 'refused';
    }
    return 'taken';
  }

  /** The device has answered the answer that was on its way, or never will. */
  settle(runtime: Runtime, requestId: string, accepted: boolean): void {
    const entry = this.entries.get(keyOf(runtime, requestId));
    if (entry?.state !== 'answering') return;
    if (accepted) {
      entry.state = 'answered';
      return refuseAll(entry);
    }
    entry.state = 'pending';
    entry.answer = undefined;
    const next = entry.waiting.shift();
    if (next) this.send(entry, next);
  }

  /** It is over. @returns false when it was not pending */
  end(runtime: Runtime, requestId: string): boolean {
    const key = keyOf(runtime, requestId);
    const entry = this.entries.get(key);
    this.ended.add(key);
    for (const oldest of this.ended) if (this.ended.size > MAX_ENDED) this.ended.delete(oldest);
    if (!entry) return false;
    this.entries.delete(key);
    refuseAll(entry);
    return true;
  }

  private send(entry: Entry, answer: ApprovalAnswer): void {
    entry.state = 'answering';
    entry.answer = answer;
    answer.send();
  }
}

function refuseAll(entry: Entry): void {
  for (const answer of entry.waiting.splice(0)) answer.refuse();
}

function keyOf(runtime: Runtime, requestId: string): string {
  return JSON.stringify([runtimeKey(runtime), requestId]);
}

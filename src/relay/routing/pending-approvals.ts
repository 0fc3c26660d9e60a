import { runtimeKey, type Runtime, SparseMap } from '../../protocol/index.js';

/** Ended approvals remembered, so that a late answer is told what happened. */
const MAX_ENDED = 1_024;
/** Further answers that wait while one is on its way to the device. */
const MAX_WAITING = 64;

/** One client's answer to an approval. */
export interface ApprovalAnswer {
  readonly behavior: 'allow' | 'deny';
  /** The same when a client sends its answer again, and of no other answer; undefined where that cannot be told. */
  readonly identity: string | undefined;
  /** It is this answer's turn: on to the device. */
  send(): void;
  /** It has won already, and whoever gave it did not hear of that. */
  accept(): void;
  /** Another answer won, or none. @param outcome how the approval ended, where that is known */
  refuse(outcome: string | undefined): void;
}

/** How an approval ended. */
interface Ending {
  readonly outcome: string | undefined;
  /** The identity of the answer that won. */
  readonly winner: string | undefined;
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

/** What happens to an answer: it goes to the device or waits for its turn; it is told how the approval ended; no such approval was ever seen here. */
export type Claim = 'taken' | 'ended' | 'unknown';

/**
 * The approvals of one environment that wait for an answer. Of several answers one is on its way to the device at a time;
 * the first that the device accepts wins, and the others are told (protocol section 4).
 */
export class PendingApprovals {
  private readonly entries = new SparseMap<string, Entry>();
  private readonly ended = new SparseMap<string, Ending>();

  /** @param changed told when there is one more, or one less */
  constructor(private readonly changed: () => void = () => {}) {}

  /** @returns false when it is pending already */
  add(runtime: Runtime, requestId: string, text: string): boolean {
    const key = keyOf(runtime, requestId);
    if (this.entries.has(key)) return false;
    this.ended.delete(key);
    this.entries.set(key, { runtime, requestId, text, state: 'pending', answer: undefined, waiting: [] });
    this.changed();
    return true;
  }

  get(runtime: Runtime, requestId: string): Approval | undefined {
    return this.entries.get(keyOf(runtime, requestId));
  }

  /** How many wait. */
  get size(): number {
    return this.entries.size;
  }

  /** The one that has waited longest. */
  get oldest(): Approval | undefined {
    for (const entry of this.entries.values()) return entry;
    return undefined;
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
    const ending = entry ? endingOf(entry) : this.ended.get(key);
    if (!ending) return 'unknown';
    if (entry?.state === 'pending') this.send(entry, answer);
    else if (entry?.state === 'answering' && entry.waiting.length < MAX_WAITING) entry.waiting.push(answer);
    else {
      tell(answer, ending);
      return 'ended';
    }
    return 'taken';
  }

  /** The device has answered the answer that was on its way, or never will. */
  settle(runtime: Runtime, requestId: string, accepted: boolean): void {
    const entry = this.entries.get(keyOf(runtime, requestId));
    if (entry?.state !== 'answering') return;
    if (accepted) {
      entry.state = 'answered';
      return tellWaiting(entry, endingOf(entry));
    }
    entry.state = 'pending';
    entry.answer = undefined;
    const next = entry.waiting.shift();
    if (next) this.send(entry, next);
  }

  /** It is over, as the device said or the relay in its place. @returns false when it was not pending */
  end(runtime: Runtime, requestId: string, outcome: string | undefined): boolean {
    const key = keyOf(runtime, requestId);
    const entry = this.entries.get(key);
    const winner = entry?.answer?.behavior === outcome ? entry?.answer?.identity : undefined;
    const ending: Ending = { outcome, winner };
    if (entry || !this.ended.has(key)) this.ended.set(key, ending);
    for (const oldest of this.ended.keys()) if (this.ended.size > MAX_ENDED) this.ended.delete(oldest);
    if (!entry) return false;
    this.entries.delete(key);
    this.changed();
    tellWaiting(entry, ending);
    return true;
  }

  private send(entry: Entry, answer: ApprovalAnswer): void {
    entry.state = 'answering';
    entry.answer = answer;
    answer.send();
  }
}

/** How it ends when the answer that is on its way, or was accepted, wins. */
function endingOf({ answer }: Entry): Ending {
  return { outcome: answer?.behavior, winner: answer?.identity };
}

function tell(answer: ApprovalAnswer, { outcome, winner }: Ending): void {
  if (winner !== undefined && answer.identity === winner) answer.accept();
  else answer.refuse(outcome);
}

function tellWaiting(entry: Entry, ending: Ending): void {
  for (const answer of entry.waiting.splice(0)) tell(answer, ending);
}

function keyOf(runtime: Runtime, requestId: string): string {
  return JSON.stringify([runtimeKey(runtime), requestId]);
}

import type { Clock, Runtime } from '../protocol/index.js';

/** ms. */
const TOLD_EVERY_MS = 60_000;
/** Runtimes that are named in one line. */
const NAMED = 3;

/** Sums up events that are lost, so that the log is told at most once a minute; what comes in between goes with the next loss. */
export class LossLog {
  private events = 0;
  private readonly names = new Set<string>();
  private isMore = false;
  private nextAt = -Infinity;

  /** @param tell takes how many there were since the last time, and runtimes as people read them */
  constructor(
    private readonly clock: Clock,
    private readonly tell: (events: number, runtimes: string) => void,
  ) {}

  add({ agent_id, conversation_id }: Runtime, events: number): void {
    if (events === 0) return;
    this.events += events;
    const name = JSON.stringify(agent_id === null ? conversation_id : `${agent_id}/${conversation_id}`);
    if (this.names.size < NAMED) this.names.add(name);
    else this.isMore ||= !this.names.has(name);
    if (this.clock.now() >= this.nextAt) this.flush();
  }

  private flush(): void {
    this.nextAt = this.clock.now() + TOLD_EVERY_MS;
    this.tell(this.events, [...this.names].join(', ') + (this.isMore ? ' and others' : ''));
    this.events = 0;
    this.names.clear();
    this.isMore = false;
  }
}

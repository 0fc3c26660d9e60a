import type { ProtocolEmitterService } from '../emitter/index.js';
import type { ApprovalOutcome, EventName, Runtime, StopReason } from '../protocol/index.js';
import type { InputLedger, TurnName } from './input-ledger.js';
import type { AcceptedInput } from './input-queue.js';

/**
 * Tells how the turns and approvals of one conversation ended. The ledger lets go of what the journal has, and not
 * before: an end that was lost with a killed process is told by the next one.
 */
export class EndReporter {
  private readonly settling = new Set<Promise<void>>();

  constructor(
    private readonly runtime: Runtime,
    private readonly emitter: ProtocolEmitterService,
    private readonly ledger: InputLedger,
  ) {}

  turn({ item }: AcceptedInput, { turnId, runId }: TurnName, stop_reason: StopReason, error?: string): void {
    const payload = { turn_id: turnId, stop_reason, run_id: runId, ...(error === undefined ? {} : { error }) };
    const told = this.emitter.emit('turn_finished', payload, this.runtime);
    this.onceKept(told, () => this.ledger.ended(item.id));
  }

  approval(request_id: string, outcome: ApprovalOutcome): void {
    const told = this.emitter.emit('control_request_resolved', { request_id, outcome }, this.runtime);
    this.onceKept(told, () => this.ledger.resolved(request_id));
  }

  /** Resolves when the ledger has let go of everything told. */
  async untilSettled(): Promise<void> {
    await Promise.all(this.settling);
  }

  private onceKept(told: EventName | undefined, letGo: () => void): void {
    if (!told) return letGo();
    // It rejects when the journal is closed before it could write this: then the next process tells it.
    const settled: Promise<void> = this.emitter
      .committed(told)
      .then(letGo, () => {})
      .finally(() => this.settling.delete(settled));
    this.settling.add(settled);
  }
}

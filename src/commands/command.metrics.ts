import { Injectable } from '@nestjs/common';
import { Metrics } from '../observability/index.js';
import { ERROR_CODES, knownType } from '../protocol/index.js';

/** Counts what becomes of commands, for `/metrics`. */
@Injectable()
export class CommandMetrics {
  private readonly durations;
  private readonly refusals;

  constructor(metrics: Metrics) {
    this.durations = metrics.durations('twinlane_listener_command_seconds', 'From a command to its answer.', ['type']);
    this.refusals = metrics.counter('twinlane_listener_refusals_total', 'Commands that ended in an error.', ['code']);
  }

  ended(type: string, ms: number): void {
    this.durations.observe({ type: knownType(type) }, ms / 1_000);
  }

  refused(code: string): void {
    this.refusals.inc({ code: Object.hasOwn(ERROR_CODES, code) ? code : 'other' });
  }
}

import { isRecord, type Frame } from '../protocol/index.js';
import { isEvent } from './received-events.js';

/** Run ids remembered per runtime; enough to recognise a turn that is still in flight. */
const RUNS_REMEMBERED = 256;

/** A runtime's runs at one moment. */
export interface RunSnapshot {
  readonly runs: ReadonlySet<string>;
  /** Whether a turn had begun, and its end had not been seen. */
  readonly turnOpen: boolean;
}

/** What the events of a runtime say about its runs, whoever asked for them. */
export class RunKnowledge {
  private readonly seen = new Set<string>();
  private readonly openRuns = new Set<string>();

  snapshot(): RunSnapshot {
    return { runs: new Set(this.seen), turnOpen: this.openRuns.size > 0 };
  }

  learn(frame: Frame): void {
    if (isEvent(frame, 'update_loop_status')) for (const run of frame.loop_status.active_run_ids) this.see(run);
    if (isEvent(frame, 'turn_finished')) this.openRuns.clear();
    else {
      const run = runOf(frame);
      if (run !== undefined) this.see(run);
    }
  }

  private see(run: string): void {
    this.openRuns.add(run);
    this.seen.delete(run);
    this.seen.add(run);
    const oldest = this.seen.values().next().value;
    if (this.seen.size > RUNS_REMEMBERED && oldest !== undefined) this.seen.delete(oldest);
  }
}

/** The run a frame belongs to, where it says so. */
export function runOf(frame: Frame): string | undefined {
  const { run_id: own, delta } = frame;
  const run = own ?? (isRecord(delta) ? delta['run_id'] : undefined);
  return typeof run === 'string' ? run : undefined;
}

import type { Fault } from './fault-schedule.js';

/** What became of one fault. Times in epoch ms. */
export interface FaultRecord {
  readonly fault: Fault;
  readonly began: number;
  /** When the network, or the process, was as it should be again. */
  ended: number | undefined;
  /** When the slowest client that it affected saw an event emitted after its end. */
  recovered: number | undefined;
  /** False: there was nothing to strike, because another fault had struck before. */
  struck: boolean;
}

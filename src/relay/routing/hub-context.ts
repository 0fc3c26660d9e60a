import type { CommandRates } from '../access/command-rates.js';
import type { Clock } from '../../protocol/index.js';
import type { Guard } from './guard.js';
import type { ReplayTurns } from './replay-turns.js';
import type { RequestTrace } from './requests-in-flight.js';
import type { RoutingAudit } from './routing-audit.js';
import type { RoutingObserver } from './routing-observer.js';
import type { RoutingOptions } from './routing.options.js';

/** What the hubs of all environments work with; one object for all of them. */
export interface HubContext {
  readonly audit: RoutingAudit;
  readonly options: RoutingOptions;
  readonly clock: Clock;
  readonly observer: RoutingObserver;
  readonly guard: Guard;
  /** @returns what follows the commands of an environment */
  traceOf(environmentId: string): RequestTrace;
  /** Who reads what is old, in all environments together. */
  readonly replays: ReplayTurns;
  /** What tokens and addresses may send, in all environments together. */
  readonly commandRates: CommandRates;
  /** What the relay shows of an environment is not as it was. */
  changed(environmentId: string): void;
  /** @returns what names the events of a device that names none, for as long as its environment is served here: never given twice */
  newEpoch(): string;
}

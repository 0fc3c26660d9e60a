/** How a person is asked whether something may run; what will run is shown by then. */
export interface Asker {
  /** Whether there is anybody to ask. */
  readonly canAsk: boolean;
  /** Undefined when the signal came before an answer. */
  ask(signal: AbortSignal): Promise<boolean | undefined>;
}

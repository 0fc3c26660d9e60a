/** Who is told how histories get on with their streams. Must not throw. */
export interface HistoryObserver {
  /** A batch was acknowledged. @param ms between publishing and that */
  published(entries: number, bytes: number, ms: number): void;
  /** A stream has lost events that it had acknowledged; they are published again. */
  reverted(environmentId: string, entries: number): void;
  /** A stream did not take something, and NATS is not away; it is tried again. */
  failed(environmentId: string, error: Error): void;
  /** Another node is the home of an environment now: nothing more of it is kept here. Told once. */
  fenced(environmentId: string): void;
}

export const NO_HISTORY_OBSERVER: HistoryObserver = {
  published: () => undefined,
  reverted: () => undefined,
  failed: () => undefined,
  fenced: () => undefined,
};

/** What a caller may give up. */
export interface GiveUp {
  /** Aborted, the call rejects with the signal's reason, and a loop ends; what was sent by then may still take effect. */
  readonly signal?: AbortSignal | undefined;
}

/** Rejects with the reason of the signal as soon as it is aborted; nobody waits for the work then. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  let stop: () => void = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = onAbort(signal, (reason) => reject(reason));
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    stop();
  }
}

/** Calls back once it is aborted, at once where it already is, until the returned function is called. */
export function onAbort(signal: AbortSignal | undefined, aborted: (reason: Error) => void): () => void {
  if (!signal) return () => {};
  const tell = (): void => aborted(signal.reason as Error);
  if (signal.aborted) tell();
  else signal.addEventListener('abort', tell, { once: true });
  return () => signal.removeEventListener('abort', tell);
}

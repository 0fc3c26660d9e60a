/**
 * Reads the body of an HTTP answer, which may have no end.
 *
 * @param maxBytes as they come, decompressed
 * @param signal ends it: the one that was given to `fetch` does not always, such as where a compressed body is broken
 * @throws RangeError when there are more; the signal's reason; whatever reading throws
 */
export async function readBoundedText(response: Response, maxBytes: number, signal?: AbortSignal): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return '';
  const decoder = new TextDecoder();
  const end = ended(signal);
  let bytes = 0;
  let text = '';
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), end.reason]);
      if (done) return text + decoder.decode();
      bytes += value.byteLength;
      if (bytes > maxBytes) {
        await Promise.race([reader.cancel(), end.reason]);
        throw new RangeError(`its answer is longer than ${maxBytes} bytes`);
      }
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    end.forget();
  }
}

/** Rejects when the signal is aborted. */
function ended(signal: AbortSignal | undefined): { readonly reason: Promise<never>; forget(): void } {
  let abort: () => void = () => {};
  const reason = new Promise<never>((_, reject) => {
    abort = (): void => reject(signal?.reason as Error);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort);
  });
  return { reason, forget: () => signal?.removeEventListener('abort', abort) };
}

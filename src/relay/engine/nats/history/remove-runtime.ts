import type { Runtime } from '../../../../protocol/index.js';
import { asError } from './as-error.js';
import type { RuntimeStreamHost } from './runtime-stream.host.js';
import { isLater } from './stream-marks.js';

/**
 * Lets go of all that the streams have of a runtime, however often that is to be tried, unless a later home has it, or this one is one no
 * more. Never rejects.
 */
export async function removeRuntime(host: RuntimeStreamHost, runtime: Runtime): Promise<void> {
  const { events, records, subjects, term } = host;
  const subject = subjects.events(runtime);
  for (;;) {
    try {
      const last = await events.last(subject);
      if (isLater(last, term)) return;
      if (last) await events.purge(subject, last.sequence + 1);
      await records.purge(subjects.record(runtime));
      return;
    } catch (failure) {
      if (host.isOver) return;
      await host.retry(asError(failure));
    }
  }
}

import { readRuntime, runtimeKey, SNAPSHOT_TYPES, SparseMap, type Frame, type Runtime } from '../../protocol/index.js';
import type { DeviceLink } from './device-link.js';
import { successAnswer } from './error-answers.js';
import type { Proof, Request } from './request.js';

/** Commands that stock devices never answer, though their protocol has an answer for them (protocol section 3). */
const SILENT_ON_STOCK: ReadonlySet<string> = new Set(['watch_file', 'unwatch_file']);

/** Whether the relay answers such a command at once in place of a stock device. */
export function isSilentOnStock(type: string): boolean {
  return SILENT_ON_STOCK.has(type);
}

/** What stock devices have yet to show, for the relay to answer `input` and `sync` in their place. */
export class StockProofs {
  /** By id. */
  private readonly proving = new SparseMap<string, Request>();

  /** A stock device will have it. */
  sent(request: Request, link: DeviceLink): void {
    request.proof = link.answersInput ? undefined : proofOf(request.command);
    if (request.proof) this.proving.set(request.id, request);
  }

  /** A stock device has shown an event. @returns the requests that this was the last proof for, with what they are answered */
  *shown(runtime: Runtime, type: string): Iterable<{ readonly request: Request; readonly answer: Frame }> {
    const key = runtimeKey(runtime);
    for (const request of this.proving.values()) {
      const { command, proof } = request;
      if (proof?.runtime !== key) continue;
      proof.types?.delete(type);
      if (proof.types && proof.types.size > 0) continue;
      const answer: Frame =
        command.type === 'input'
          ? { type: 'input_accepted', runtime, accepted: true }
          : successAnswer(command.type, { runtime });
      yield { request, answer };
    }
  }

  delete(request: Request): void {
    this.proving.delete(request.id);
  }
}

/** Of a device that answers neither `input` nor `sync`. */
function proofOf({ type, ...command }: Frame): Proof | undefined {
  const runtime = readRuntime(command['runtime']);
  if (!runtime || (type !== 'input' && type !== 'sync')) return undefined;
  return { runtime: runtimeKey(runtime), types: type === 'sync' ? new Set(SNAPSHOT_TYPES) : undefined };
}

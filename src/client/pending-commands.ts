import {
  answerTypeOf,
  isAnswerType,
  isRepeatable,
  MAX_RETRY_AFTER_MS,
  readRuntime,
  REQUESTS_IN_FLIGHT,
  requestIdOf,
  runtimeKey,
  type Clock,
  type ErrorCode,
  type Frame,
  type Timer,
} from '../protocol/index.js';
import { CommandError } from './client.error.js';
import { onAbort } from './give-up.js';
import type { AnswerChunksError } from './incoming-chunks.js';
import { randomId } from './random-id.js';

interface Pending {
  readonly command: string;
  readonly frame: Frame;
  /** Whether the device recognises a repetition, so that it may be sent again on a new link. */
  readonly repeatable: boolean;
  /** The runtime of an input: what a person says there keeps its order. */
  readonly line: string | undefined;
  /** Ends it without an answer. */
  timer: Timer;
  readonly timeoutMs: number;
  resolve(answer: Frame): void;
  reject(error: Error): void;
  /** Which message of its link it is; undefined: it was not sent. */
  sent: number | undefined;
  /** It was sent on a link that is over, and has no answer. */
  isLost: boolean;
  /** The relay has refused it at least once, because it came too soon. */
  wasTooSoon: boolean;
  /** It is an input, and an earlier one of its runtime was too soon and has no answer yet. */
  isBehind: boolean;
  /** While it waits to be sent again, because it came too soon: what the relay answered, and until when. */
  tooSoon: { readonly answer: Frame; readonly timer: Timer } | undefined;
  /** Epoch ms. */
  readonly since: number;
  readonly forgetSignal: () => void;
}

/** Commands that wait for their one answer, over any number of links. */
export class PendingCommands {
  private readonly pending = new Map<string, Pending>();

  /** @param transmit sends a frame now: which message of its link it is, from 1 on; undefined while there is no link */
  constructor(
    private readonly clock: Clock,
    private readonly transmit: (frame: Frame) => number | undefined,
  ) {}

  /** Epoch ms: when the oldest that waits was asked. */
  get since(): number | undefined {
    const [oldest] = this.pending.values();
    return oldest?.since;
  }

  /** @throws CommandError when the answer says no, or for `timeoutMs` neither it nor a chunk of it came; the reason of the signal */
  ask(command: string, fields: object, timeoutMs: number, signal?: AbortSignal): Promise<Frame> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const id = randomId();
      const frame: Frame = { ...fields, type: command, request_id: id };
      const since = this.clock.now();
      const repeatable = isRepeatable(frame);
      const entry: Pending = {
        command,
        frame,
        repeatable,
        line: lineOf(frame),
        timer: this.deadline(id, timeoutMs),
        timeoutMs,
        resolve,
        reject,
        sent: undefined,
        isLost: false,
        wasTooSoon: false,
        isBehind: false,
        tooSoon: undefined,
        since,
        forgetSignal: onAbort(signal, (reason) => this.settle(id, (given) => given.reject(reason))),
      };
      this.pending.set(id, entry);
      this.send(entry);
    });
  }

  /** Takes a frame if it answers one of these. */
  answer(frame: Frame): boolean {
    const id = requestIdOf(frame);
    const entry = id === undefined ? undefined : this.pending.get(id);
    if (!entry || id === undefined) return false;
    if (frame.type !== answerTypeOf(entry.command) && !isAnswerType(frame.type)) return false;
    const againMs = retryAfterOf(frame);
    if (againMs !== undefined) this.holdBack(entry, frame, againMs);
    else this.settle(id, () => (saysNo(frame) ? entry.reject(refused(entry.command, frame)) : entry.resolve(frame)));
    return true;
  }

  /** A chunk of its answer has come, so more may come. @returns whether somebody waits for it */
  chunk(id: string): boolean {
    const entry = this.pending.get(id);
    if (!entry) return false;
    entry.timer.cancel();
    entry.timer = this.deadline(id, entry.timeoutMs);
    return true;
  }

  /** Its answer has come, and cannot be taken. */
  refuse({ requestId, isTooLarge, message }: AnswerChunksError): void {
    const code = isTooLarge ? 'ANSWER_TOO_LARGE' : 'COMMAND_FAILED';
    this.settle(requestId, ({ command, reject }) => reject(new CommandError(command, code, message)));
  }

  /** The link is over. @param messagesRead those that the relay has acted upon, where it said so: what came behind them it never will */
  lost(messagesRead = Infinity): void {
    for (const entry of this.pending.values()) {
      if (entry.sent === undefined || entry.isLost) continue;
      if (entry.sent > messagesRead) entry.sent = undefined;
      else entry.isLost = true;
    }
  }

  /** Whether there is any whose fate only the relay can know. */
  get hasLost(): boolean {
    return [...this.pending.values()].some(({ isLost, repeatable }) => isLost && !repeatable);
  }

  /**
   * Takes what the relay says of the requests it still has: what must not come twice and is not among them has no answer any more.
   *
   * @returns whether the frame says so
   */
  judge({ type, request_ids: ids }: Frame): boolean {
    if (type !== REQUESTS_IN_FLIGHT || !Array.isArray(ids)) return false;
    const kept = new Set<unknown>(ids);
    for (const [id, { isLost, repeatable }] of this.pending)
      if (isLost && !repeatable && !kept.has(id)) this.settle(id, ({ command, reject }) => reject(unknown(command)));
    return true;
  }

  /** A new link is up: sends what was never sent, and again what may be repeated. The relay knows of the rest. */
  resume(): void {
    for (const entry of this.pending.values()) if (entry.sent === undefined || entry.repeatable) this.send(entry);
  }

  fail(error: Error): void {
    const all = [...this.pending.values()];
    this.pending.clear();
    for (const entry of all) this.end(entry, () => entry.reject(error));
  }

  /**
   * The relay has not passed it on. On a link that is new until then it goes at once, and may hear the same again. Later inputs of
   * its runtime wait for its answer, but for those that were under way already.
   */
  private holdBack(entry: Pending, answer: Frame, ms: number): void {
    entry.tooSoon?.timer.cancel();
    entry.tooSoon = { answer, timer: this.clock.after(ms, () => this.send(entry)) };
    entry.wasTooSoon = true;
    entry.sent = undefined;
  }

  private send(entry: Pending): void {
    entry.tooSoon?.timer.cancel();
    entry.isBehind = this.mustWait(entry);
    if (!entry.isBehind) entry.tooSoon = undefined;
    entry.sent = entry.isBehind ? undefined : this.transmit(entry.frame);
    entry.isLost = false;
  }

  private mustWait({ line, frame }: Pending): boolean {
    if (line === undefined) return false;
    for (const earlier of this.pending.values()) {
      if (earlier.frame === frame) return false;
      if (earlier.line === line && earlier.wasTooSoon) return true;
    }
    return false;
  }

  private deadline(id: string, timeoutMs: number): Timer {
    return this.clock.after(timeoutMs, () => this.settle(id, (entry) => entry.reject(late(entry))));
  }

  private settle(id: string, how: (entry: Pending) => void): void {
    const entry = this.pending.get(id);
    if (!entry) return;
    this.pending.delete(id);
    this.end(entry, how);
    if (entry.wasTooSoon) for (const next of this.pending.values()) if (next.isBehind) this.send(next);
  }

  private end(entry: Pending, how: (entry: Pending) => void): void {
    entry.timer.cancel();
    entry.tooSoon?.timer.cancel();
    entry.forgetSignal();
    how(entry);
  }
}

function lineOf({ type, runtime }: Frame): string | undefined {
  const of = type === 'input' ? readRuntime(runtime) : undefined;
  return of && runtimeKey(of);
}

/** In ms: when the relay takes a command that came too soon (protocol section 4). */
function retryAfterOf({ error_code: code, retry_after_ms: ms }: Frame): number | undefined {
  const tooMany: ErrorCode = 'TOO_MANY';
  return code === tooMany && typeof ms === 'number' && ms >= 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}

function saysNo(answer: Frame): boolean {
  return answer['success'] === false || answer['accepted'] === false;
}

function refused(command: string, answer: Frame): CommandError {
  const { error, error_code: code, output } = answer;
  const said = [error, output].find((text) => typeof text === 'string' && text !== '');
  const text = typeof said === 'string' ? said : `The device refused ${command} without a reason.`;
  return new CommandError(command, typeof code === 'string' ? code : 'COMMAND_FAILED', text, answer);
}

function unknown(command: string): CommandError {
  const code: ErrorCode = 'OUTCOME_UNKNOWN';
  const text = `The connection broke and took ${command}, or its answer, with it; it may or may not have run. Look before you repeat it.`;
  return new CommandError(command, code, text);
}

function late({ command, sent, tooSoon, isBehind, timeoutMs }: Pending): CommandError {
  if (tooSoon) return refused(command, tooSoon.answer);
  if (isBehind)
    return new CommandError(
      command,
      'NOT_SENT',
      `${command} was not sent: an earlier one of its runtime was not taken for ${timeoutMs} ms.`,
    );
  if (sent === undefined)
    return new CommandError(
      command,
      'NOT_SENT',
      `${command} was not sent: there was no link to the relay for ${timeoutMs} ms.`,
    );
  return new CommandError(
    command,
    'COMMAND_TIMEOUT',
    `No answer to ${command} within ${timeoutMs} ms; it may or may not have run.`,
  );
}

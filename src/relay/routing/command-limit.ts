import { isAnswerType, type Clock } from '../../protocol/index.js';
import type { LimitsOptions } from '../access/limits.options.js';
import { RateLimit } from '../access/rate-limit.js';
import type { Command } from './client-commands.js';
import type { ClientSession } from './client-session.js';
import type { ClientSocket } from './client-socket.js';
import { tooManyAnswer } from './error-answers.js';
import { expectsAnswer, restoreId } from './request.js';
import type { RoutingObserver } from './routing-observer.js';

/** A command that came over a socket. */
export type ClientCommand = Command & { readonly session: ClientSession; readonly socket: ClientSocket };

/**
 * Holds each client of an environment to its rate of commands, so that the device and everybody else have theirs (reliability C36).
 * A client is known over its reconnects: closing a socket gives nobody a new burst.
 */
export class CommandLimit {
  private readonly rate: RateLimit;

  constructor(
    clock: Clock,
    private readonly limits: LimitsOptions,
    private readonly observer: RoutingObserver,
  ) {
    this.rate = new RateLimit(clock, { perSecond: limits.commandsPerSecond, burst: limits.commandBurst });
  }

  /** Whether a command may go on; else its sender has been told. */
  admits(command: ClientCommand): boolean {
    const waitMs = this.rate.take(command.session.key);
    if (waitMs === 0) return true;
    // What is on its way behind the close: whoever sent it is told already.
    if (command.socket.isOpen) this.refuse(command, waitMs);
    return false;
  }

  private refuse({ frame, asker, socket }: ClientCommand, waitMs: number): void {
    const { commandsPerSecond, floodMs } = this.limits;
    const text = `At most ${commandsPerSecond} commands a second.`;
    const isTold = expectsAnswer(frame) && !isAnswerType(frame.type);
    // What nobody would be told of must not just be missing, such as a key that was typed.
    if (waitMs > floodMs || !isTold) {
      this.observer.limited('flood');
      return socket.overrun(text, waitMs);
    }
    this.observer.limited('commands');
    this.observer.refused('TOO_MANY');
    const answer = tooManyAnswer(frame.type, `${text} Send this again in ${Math.ceil(waitMs)} ms.`, waitMs);
    asker.deliver(restoreId(answer, frame));
  }
}

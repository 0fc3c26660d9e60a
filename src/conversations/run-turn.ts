import { randomUUID } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Agent, TurnEnd } from '../agents/index.js';
import type { Delta } from '../protocol/index.js';
import type { Turn } from './turn.js';

export const CANCELLED: TurnEnd = { stopReason: 'cancelled' };

/** How a turn ended that an earlier process of the listener began. */
export const INTERRUPTED = {
  stopReason: 'error',
  error:
    'The listener was restarted while this turn ran, and what it was doing is lost. See what it has done, then send the input again.',
} as const satisfies TurnEnd;

/** The same, of a turn that had done nothing but ask. */
export const UNTOUCHED = {
  stopReason: 'error',
  error:
    'The listener was restarted while this turn waited for an approval. Nothing had been started; send the input again.',
} as const satisfies TurnEnd;

export type InterruptedEnd = typeof INTERRUPTED | typeof UNTOUCHED;

/** Why turns are aborted when the listener stops. */
export const STOPPED = 'The listener was stopped; the turn was aborted.';

const logger = new Logger('Turn');

/**
 * Shows the input to everybody who watches, then has the agent answer it. A turn that fails, also because its agent throws,
 * ends with a `loop_error` that says what to do.
 */
export async function runTurn(turn: Turn, agent: Agent): Promise<TurnEnd> {
  if (turn.signal.aborted) return CANCELLED;
  const end = await answered(turn, agent);
  if (end.stopReason === 'error' && end.error !== undefined) turn.emit(loopError(end.error));
  return end;
}

async function answered(turn: Turn, agent: Agent): Promise<TurnEnd> {
  try {
    echo(turn);
    return await agent.start(turn);
  } catch (error) {
    return turn.signal.aborted ? CANCELLED : failed(error);
  }
}

function echo(turn: Turn): void {
  for (const { role, content, client_message_id } of turn.messages)
    if (role === 'user')
      turn.emit({
        message_type: 'user_message',
        id: `message-${randomUUID()}`,
        content,
        client_message_id,
        otid: client_message_id,
      });
}

function failed(error: unknown): TurnEnd {
  logger.error(error instanceof Error ? error.stack : error);
  const reason = error instanceof Error ? error.message : String(error);
  const message = `The agent failed: ${reason}. Send the input again; the listener's log has the cause.`;
  return { stopReason: 'error', error: message };
}

/** The delta that tells why a turn ends with an error. */
export function loopError(message: string): Delta {
  return {
    message_type: 'loop_error',
    id: `lifecycle-${randomUUID()}`,
    message,
    stop_reason: 'error',
    is_terminal: true,
  };
}

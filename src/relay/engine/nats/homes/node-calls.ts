import { CLOSE_CODES, type ErrorCode } from '../../../../protocol/index.js';
import { RelayError } from '../../../relay.error.js';
import { relayAnswer } from '../../../routing/error-answers.js';
import type { NodeCall } from '../tunnels/newcomer.js';
import type { Tunnel } from '../tunnels/tunnel.js';
import { NOT_HERE } from './way-home.js';

type Answer =
  | { readonly value: unknown }
  | { readonly notHere: true }
  | { readonly code: ErrorCode; readonly message: string };

/**
 * Asks the home at the other end of a tunnel, which is of no other use.
 *
 * @returns `NOT_HERE` where that is not the home any more
 * @throws RelayError what it threw there; NODE_AWAY when it went away meanwhile, and what was asked may be asked for again
 */
export function callThrough(tunnel: Tunnel, call: NodeCall): Promise<unknown> {
  return new Promise((resolve, reject) => {
    tunnel.receive({
      message: (text) => {
        const answer = JSON.parse(text) as Answer;
        if ('code' in answer) reject(new RelayError(answer.code, answer.message));
        else resolve('notHere' in answer ? NOT_HERE : answer.value);
        tunnel.close(CLOSE_CODES.NORMAL.code);
      },
      closed: () => {
        // It may have run by then: nobody is to be told to ask for it once more.
        if (call.method === 'request') resolve(relayAnswer(call.command.type, 'OUTCOME_UNKNOWN'));
        else reject(new RelayError('NODE_AWAY'));
      },
    });
    tunnel.send(JSON.stringify(call));
  });
}

/** Answers the one call that comes through a tunnel. */
export function answerCalls(
  tunnel: Tunnel,
  serve: (call: NodeCall) => Promise<unknown>,
  failed: (error: unknown) => void,
): void {
  const answer = async (text: string): Promise<Answer> => {
    try {
      const value = await serve(JSON.parse(text) as NodeCall);
      return value === NOT_HERE ? { notHere: true } : { value };
    } catch (error) {
      if (error instanceof RelayError) return { code: error.code, message: error.message };
      failed(error);
      const { code, message } = new RelayError('INTERNAL');
      return { code, message };
    }
  };
  tunnel.receive({
    message: (text) => void answer(text).then((said) => tunnel.send(JSON.stringify(said))),
    closed: () => {},
  });
}

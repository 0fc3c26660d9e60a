import { createHash } from 'node:crypto';
import type { Frame } from '../../protocol/index.js';

/** Hex digits of the owner's hash in a rewritten id: 128 bits. */
const OWNER_DIGITS = 32;
const REWRITTEN = new RegExp(`^([0-9a-f]{${OWNER_DIGITS}}):(.+)$`, 's');

export function isTerminalFrame(frame: Frame): boolean {
  return frame.type.startsWith('terminal_') && typeof frame['terminal_id'] === 'string';
}

/**
 * What stands for an owner in the ids of its terminals: the same in every process of the relay, so that a restarted one finds
 * the owner, and telling the device nothing of the token (protocol section 5).
 */
export function ownerHash(key: string): string {
  return createHash('sha256').update(`terminal owner ${key}`).digest('hex').slice(0, OWNER_DIGITS);
}

/** Takes a rewritten id apart; undefined when it is none. */
export function readTerminalId(id: string): { readonly hash: string; readonly ownId: string } | undefined {
  const [, hash, ownId] = REWRITTEN.exec(id) ?? [];
  return hash === undefined || ownId === undefined ? undefined : { hash, ownId };
}

/** Where in its terminal's output a frame stands; undefined on plain links, whose frames say nothing of it. */
export function offsetOf(frame: Frame): number | undefined {
  const { offset } = frame;
  return typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0 ? offset : undefined;
}

export function outputOf(frame: Frame): string {
  return frame.type === 'terminal_output' && typeof frame['data'] === 'string' ? frame['data'] : '';
}

/** The offset of what follows a frame. */
export function endOf(frame: Frame): number | undefined {
  const offset = offsetOf(frame);
  return offset === undefined ? undefined : offset + Buffer.byteLength(outputOf(frame));
}

export function exitOf(ownId: string, reason: string): Frame {
  return { type: 'terminal_exited', terminal_id: ownId, exitCode: null, error: reason };
}

/** Says where output is missing, in words that a plain terminal shows. */
export function missingOutput(ownId: string, characters: number): Frame {
  const data = `\r\n[${characters} characters of output are not kept]\r\n`;
  return { type: 'terminal_output', terminal_id: ownId, data, missing: characters };
}

import { createHash, randomBytes } from 'node:crypto';

/** Begins every token that is made here: people and scanners of secrets recognise it. */
export const TOKEN_PREFIX = 'tl_';

/** 256 bits. */
const TOKEN_BYTES = 32;
const TOKEN_ID_BYTES = 8;

/** A token nobody can guess; shown once, and kept nowhere. */
export function makeToken(): string {
  return `${TOKEN_PREFIX}${randomBytes(TOKEN_BYTES).toString('base64url')}`;
}

/** Names a token; says nothing about it. */
export function makeTokenId(): string {
  return `tok-${randomBytes(TOKEN_ID_BYTES).toString('hex')}`;
}

/**
 * What of a token is kept. SHA-256 is enough: slow hashes protect what people think up and others can guess, and nobody tries through
 * 256 random bits; a fast one costs no listener that reconnects a tenth of a second of the relay's one thread.
 */
export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

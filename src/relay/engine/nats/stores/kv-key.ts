import { createHash } from 'node:crypto';

const LONGEST_PART = 64;
const PLAIN = new RegExp(`^[-\\w]{1,${LONGEST_PART}}$`);

/**
 * Any text as one part of a key, which takes few characters and no long ones; two texts never have the same. What is plain stays as it is;
 * the rest begins with `=`, or `==` where only a digest has room.
 */
export function keyPart(text: string): string {
  if (PLAIN.test(text)) return text;
  const encoded = `=${Buffer.from(text).toString('base64url')}`;
  return encoded.length <= LONGEST_PART ? encoded : `==${createHash('sha256').update(text).digest('hex')}`;
}

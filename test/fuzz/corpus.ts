import { readFileSync } from 'node:fs';

/** Who says it, and to whom: `listener` and `client` to a relay, `server` to a listener, `relay` to a client; the rest is HTTP. */
export type Speaker =
  | 'registration'
  | 'messages'
  | 'granted'
  | 'environments'
  | 'listener'
  | 'client'
  | 'server'
  | 'relay';

interface Entry {
  readonly from: Speaker;
  readonly frame: object;
}

const entries = readFileSync(new URL('corpus.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Entry);

/**
 * Real frames as the protocol and its tests write them, as JSON texts. Texts that begin with `$` stand for what is only known when they are sent: the id of a
 * request under way (`$request`), the next number of the runtime (`$next`).
 */
export function corpusOf(...speakers: readonly Speaker[]): readonly string[] {
  return entries.filter(({ from }) => speakers.includes(from)).map(({ frame }) => JSON.stringify(frame));
}

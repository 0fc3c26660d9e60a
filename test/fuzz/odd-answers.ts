import fc from 'fast-check';
import type { Duplex } from 'node:stream';
import { mutate, type Mutation, mutations } from './mutation.js';

/** How an HTTP answer is odd: by what it says, not to its end, not at all, without an end, or as no HTTP. */
const HOWS = ['whole', 'half', 'bare', 'silence', 'stall', 'endless-head', 'endless-body', 'garbage', 'opens'] as const;

/** What a hostile server answers to an upgrade or a request; all but `stall` end, or go on until the other end has gone. */
export interface OddAnswer {
  readonly how: (typeof HOWS)[number];
  readonly status: number;
  readonly headers: readonly string[];
  /** Of a refusal as it should be. */
  readonly mutations: readonly Mutation[];
  /** Where `half` and `stall` stop, in thousandths. */
  readonly cut: number;
}

const STATUS = [100, 102, 200, 204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 407, 409, 413, 418, 426, 429].concat([
  500, 502, 503, 504, 511, 599, 999,
]);
const HEADERS = [
  'Location: /elsewhere',
  'Location: http://[',
  'Location: ws://127.0.0.1:1/',
  'Retry-After: soon',
  'Retry-After: -1',
  'Retry-After: 0',
  'Retry-After: 1e9',
  'Content-Length: 0',
  'Content-Length: 999999',
  'Content-Length: -1',
  'Transfer-Encoding: chunked',
  'Content-Encoding: gzip',
  'Content-Type: text/html',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Connection: keep-alive',
  'Sec-WebSocket-Accept: c29tZXRoaW5nIGVsc2U=',
  'Sec-WebSocket-Protocol: another',
  'Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99',
  'Set-Cookie: __proto__=1',
  '__proto__: 1',
  'Bad Name: 1',
  ': 1',
  'no colon',
  `X-Long: ${'x'.repeat(20_000)}`,
];

export const oddAnswers: fc.Arbitrary<OddAnswer> = fc.record({
  how: fc.oneof(
    { weight: 8, arbitrary: fc.constant('whole' as const) },
    { weight: 8, arbitrary: fc.constantFrom(...HOWS.filter((how) => how !== 'stall')) },
    { weight: 1, arbitrary: fc.constant('stall' as const) },
  ),
  status: fc.constantFrom(...STATUS),
  headers: fc.array(fc.constantFrom(...HEADERS), { maxLength: 3 }),
  mutations,
  cut: fc.nat(999),
});

const REFUSAL = '{"errorCode":"TOO_MANY","message":"Too many requests; wait as long as Retry-After says."}';
/** Written at once where an answer has no end. */
const PIECE = 16 * 1024;

/**
 * Answers, and closes, except where the answer stalls.
 *
 * @param said what is mutated into a body
 */
export function answerOddly(stream: Duplex, odd: OddAnswer, said = REFUSAL): void {
  // Whoever has heard enough resets the connection.
  stream.on('error', () => stream.destroy());
  const body = mutate(said, odd.mutations, [REFUSAL, said]);
  const head = [`HTTP/1.1 ${odd.how === 'opens' ? 101 : odd.status} Odd`, ...odd.headers].join('\r\n');
  const text = `${head}\r\n\r\n${body}`;
  const part = text.slice(0, Math.floor((text.length * odd.cut) / 1_000));
  switch (odd.how) {
    case 'half':
      return void stream.end(part);
    case 'stall':
      return void stream.write(part);
    case 'bare':
      return void stream.end(`HTTP/1.1 ${odd.status}\r\n\r\n`);
    case 'silence':
      return void stream.end();
    case 'garbage':
      return void stream.end(`${body}\r\n\r\n`);
    case 'endless-head':
      return flood(stream, head, `\r\nX-More: ${'x'.repeat(80)}`);
    case 'endless-body':
      return flood(stream, `HTTP/1.1 ${odd.status} Odd\r\n\r\n`, body);
    default:
      return void stream.end(text);
  }
}

/** Goes on as fast as it is read, until the other end has gone. */
function flood(stream: Duplex, begin: string, again: string): void {
  const piece = again.repeat(Math.ceil(PIECE / (again.length + 1)));
  const more = (): void => {
    if (!stream.destroyed) stream.write(piece === '' ? ' '.repeat(PIECE) : piece, () => setImmediate(more));
  };
  stream.write(begin, more);
}

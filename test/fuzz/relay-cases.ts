import fc from 'fast-check';
import { corpusOf } from './corpus.js';
import { mutate, type Mutation, mutations } from './mutation.js';

/** How a message travels: as it should, in fragments, as a binary message, never ended, as broken WebSocket bytes, or far too large. */
const SHAPES = ['text', 'fragments', 'binary', 'unfinished', 'broken', 'large', 'too-large'] as const;

/** One message of a peer: an entry of its corpus, changed. */
export interface Message {
  /** Which entry. */
  readonly entry: number;
  readonly mutations: readonly Mutation[];
  readonly shape: (typeof SHAPES)[number];
  /** On the second socket, where there are two. */
  readonly second: boolean;
}

const shape = fc.oneof(
  { weight: 30, arbitrary: fc.constant('text' as const) },
  { weight: 3, arbitrary: fc.constant('fragments' as const) },
  { weight: 2, arbitrary: fc.constantFrom(...SHAPES) },
);

export const messages = (maxLength: number): fc.Arbitrary<readonly Message[]> =>
  fc.array(fc.record({ entry: fc.nat(255), mutations, shape, second: fc.boolean() }), { minLength: 1, maxLength });

/** Name and value of a header or a query parameter that is added, or replaces one. */
export type Odd = readonly [name: string, value: string];

const odd = (names: readonly string[]): fc.Arbitrary<Odd> =>
  fc.tuple(
    fc.constantFrom(...names),
    fc.oneof(
      fc.constantFrom(
        '',
        '0',
        '-1',
        '1.5',
        '1e999',
        'control',
        'stream',
        '__proto__',
        '%',
        '%00',
        '%ff',
        '../..',
        '[]',
        'null',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }).map((text) => encodeURIComponent(text.toWellFormed())),
      fc.constantFrom('x'.repeat(300), 'y'.repeat(20_000), '\u0001', 'é', 'a b', '\t', 'a;b=c,d'),
    ),
  );

const QUERY = [
  'lease',
  'channel',
  'connectionGeneration',
  'connectionAttempt',
  'deviceId',
  'connectionName',
  'token',
  'agentId',
].concat([
  'conversationId',
  'client',
  'chunks',
  'resumeFrom',
  'epoch',
  'limit',
  'after',
  'onlineOnly',
  '__proto__',
  'a[b]',
  '',
]);
const HEADERS = [
  'Authorization',
  'Origin',
  'Host',
  'Upgrade',
  'Connection',
  'Sec-WebSocket-Key',
  'Sec-WebSocket-Version',
]
  .concat([
    'Sec-WebSocket-Protocol',
    'Sec-WebSocket-Extensions',
    'Content-Type',
    'Content-Encoding',
    'Accept',
    'Cookie',
  ])
  .concat(['X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Forwarded', 'X-A', '', 'Bad Name']);
const IDS = [
  '',
  '.',
  '..',
  '%2e%2e',
  '%',
  '%00',
  '%ff',
  '__proto__',
  'constructor',
  'x'.repeat(300),
  'register',
  '$id',
  '$id',
  '$id',
];

export type RelayCase =
  | { readonly kind: 'listener'; readonly link: (typeof LINKS)[number]; readonly messages: readonly Message[] }
  | { readonly kind: 'client'; readonly query: string; readonly messages: readonly Message[] }
  | {
      readonly kind: 'upgrade';
      readonly path: string;
      readonly query: readonly Odd[];
      readonly headers: readonly Odd[];
      readonly isAllowed: boolean;
    }
  | {
      readonly kind: 'http';
      readonly target: string;
      readonly query: readonly Odd[];
      readonly headers: readonly Odd[];
      /** Undefined: a GET. */
      readonly body: string | undefined;
      readonly isAllowed: boolean;
    };

export const LINKS = ['legacy', 'split', 'paired', 'resumable'] as const;
const CLIENTS = [
  '',
  '&channel=control',
  '&channel=stream',
  '&channel=stream&client=c1&chunks=1',
  '&client=c2&resumeFrom=0',
];

const bodies = corpusOf('registration', 'messages');
const body = fc
  .record({ entry: fc.nat(bodies.length - 1), mutations })
  .map((made) => mutate(bodies[made.entry] ?? '', made.mutations, bodies));

export const relayCases: fc.Arbitrary<RelayCase> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('listener' as const),
      link: fc.constantFrom(...LINKS),
      messages: messages(12),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('client' as const),
      query: fc.constantFrom(...CLIENTS),
      messages: messages(12),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('upgrade' as const),
      path: fc
        .tuple(fc.constantFrom(...IDS), fc.constantFrom('listener/ws', 'status/ws', 'ws'))
        .map(([id, end]) => `/v1/environments/${id}/${end}`),
      query: fc.array(odd(QUERY), { maxLength: 4 }),
      headers: fc.array(odd(HEADERS), { maxLength: 3 }),
      isAllowed: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('http' as const),
      target: fc.oneof(
        fc.constantFrom(
          '/v1/environments/register',
          '/v1/environments/register',
          '/v1/environments',
          '/metrics',
          '/',
          '*',
          '//',
          '/%',
        ),
        fc.constantFrom(...IDS).map((id) => `/v1/environments/${id}`),
        fc.constantFrom(...IDS).map((id) => `/v1/environments/${id}/messages`),
      ),
      query: fc.array(odd(QUERY), { maxLength: 3 }),
      headers: fc.array(odd(HEADERS), { maxLength: 3 }),
      body: fc.option(body, { nil: undefined, freq: 4 }),
      isAllowed: fc.boolean(),
    }),
  },
);

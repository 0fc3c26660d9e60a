import fc from 'fast-check';

const HOWS = ['drop', 'retype', 'nest', 'splice', 'rename', 'cut', 'flip', 'insert', 'repeat-key'] as const;

/** One change of a frame. Plain numbers, so that a counterexample shrinks and prints; what they mean depends on what they meet. */
export interface Mutation {
  readonly how: (typeof HOWS)[number];
  /** Where: which value, or which character. */
  readonly at: number;
  /** With what. */
  readonly value: number;
}

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({ how: fc.constantFrom(...HOWS), at: fc.nat(4_095), value: fc.nat(255) }),
  { maxLength: 3 },
);

/** What a value cannot hold, or `JSON.stringify` cannot write, stands in texts only. */
const IN_TEXTS: Readonly<Record<string, string>> = {
  '"$deep"': `${'['.repeat(200)}${']'.repeat(200)}`,
  '"$abyss"': `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
  '"$huge"': '1e999',
  '"$long"': JSON.stringify('long '.repeat(14_000)),
};

/** Values, as JSON, that somebody may not have thought of. */
const NASTY = [
  'null',
  'true',
  'false',
  '0',
  '1',
  '-1',
  '1.5',
  '-0',
  '1e308',
  '"$huge"',
  '9007199254740992',
  '4294967296',
  '2147483648',
  '""',
  '"1"',
  '" "',
  '"\\u0000"',
  '"a\\u0000b"',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u202e\\ufeff"',
  '"__proto__"',
  '"constructor"',
  '"toString"',
  '"../../../../etc/passwd"',
  '"/etc/passwd"',
  '"--force"',
  '"[hidden]\\r\\nX-Injected: 1"',
  `"${'x'.repeat(257)}"`,
  `"${'é'.repeat(5_000)}"`,
  '"$long"',
  '[]',
  '[null]',
  '{}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '{"toString":1,"valueOf":1}',
  '{"toJSON":1,"then":1,"length":-1}',
  '{"agent_id":"agent-1","conversation_id":"conv-1"}',
  '{"agent_id":{},"conversation_id":["conv-1"]}',
  '[{"toString":null}]',
  '"$deep"',
  '"$abyss"',
];

const KEYS = ['__proto__', 'constructor', 'toString', 'type', 'seq', 'request_id', 'runtime', 'then', '', '\u0000'];

const TEXTS = [
  '"',
  '\\',
  '{',
  '[',
  ',',
  '}',
  '\u0000',
  '\uD800',
  '\uFEFF',
  '\\u0000',
  '1e999',
  ' '.repeat(2_000),
  '🙈',
];

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
}

/** Changes a frame, one mutation after the other; `donors` are texts whose values may be spliced in. */
export function mutate(frame: string, list: readonly Mutation[], donors: readonly string[]): string {
  let text = frame;
  for (const mutation of list)
    text = isOfText(mutation) ? changeText(text, mutation) : changeValue(text, mutation, donors);
  for (const [name, value] of Object.entries(IN_TEXTS)) text = text.replaceAll(name, value);
  return text;
}

function isOfText({ how }: Mutation): boolean {
  return how === 'cut' || how === 'flip' || how === 'insert' || how === 'repeat-key';
}

function changeText(text: string, { how, at, value }: Mutation): string {
  const where = at % (text.length + 1);
  switch (how) {
    case 'cut':
      return text.slice(0, where);
    case 'flip':
      return (
        text.slice(0, where) + String.fromCharCode(text.charCodeAt(where) ^ (1 << (value % 7))) + text.slice(where + 1)
      );
    case 'insert':
      return text.slice(0, where) + pick(TEXTS, value) + text.slice(where);
    default:
      return text.replace('{', `{${JSON.stringify(pick(KEYS, value))}:${pick(NASTY, at)},`);
  }
}

function changeValue(text: string, { how, at, value }: Mutation, donors: readonly string[]): string {
  let root: Record<string, unknown>;
  try {
    root = { frame: JSON.parse(text) as unknown };
  } catch {
    return text; // an earlier mutation left no value to change
  }
  const places = placesIn(root);
  const { holder, key } = pick(places, at);
  const old = holder[key];
  const set = (replaced: unknown, name = key): void => {
    Object.defineProperty(holder, name, { value: replaced, enumerable: true, configurable: true, writable: true });
  };
  switch (how) {
    case 'drop':
      if (holder !== root) delete holder[key];
      break;
    case 'retype':
      set(JSON.parse(pick(NASTY, value)));
      break;
    case 'nest':
      set(value % 2 === 0 ? [old] : { [pick(KEYS, value)]: old });
      break;
    case 'splice': {
      const donor = placesIn({ frame: JSON.parse(pick(donors, value)) as unknown });
      const from = pick(donor, at + value);
      set(from.holder[from.key]);
      break;
    }
    default:
      if (holder === root) break;
      delete holder[key];
      set(old, pick(KEYS, value));
  }
  return JSON.stringify(root['frame']) ?? '';
}

/** Deep ones are left alone below some depth: what is there is like what is above. */
function placesIn(root: Record<string, unknown>): [Place, ...Place[]] {
  const places: [Place, ...Place[]] = [{ holder: root, key: 'frame' }];
  for (let next = 0; next < Math.min(places.length, 200); next++) {
    const place = places[next];
    const value = place?.holder[place.key];
    if (typeof value !== 'object' || value === null) continue;
    for (const key of Object.keys(value)) places.push({ holder: value as Record<string, unknown>, key });
  }
  return places;
}

function pick<T>(items: readonly T[], n: number): T {
  const item = items[n % items.length];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

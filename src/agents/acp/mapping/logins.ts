import { type Raw, recordIn, textIn } from './read.js';

/** A login that a person does in a terminal: the agent's own program, with other arguments. */
const BY_HAND = 'terminal';

/** For a person: what to do to log an agent in. @param methods the ways that it offers @param command the agent's command line */
export function howToLogIn(methods: readonly Raw[], command: string): string {
  if (methods.length === 0) return 'It offers no login of its own: log in on the device with its own command.';
  const ways = methods.map((method) => wayIn(method, command));
  const ids = methods.filter(({ type }) => type !== BY_HAND).flatMap((method) => textIn(method, 'id') ?? []);
  const alone =
    ids.length === 0
      ? ''
      : ` A login that needs no person is done by the listener: start it with --agent-auth ${ids.join(' or ')}.`;
  return `It offers: ${ways.join('; ')}.${alone}`;
}

/** Why the listener cannot log it in so; undefined when it can. */
export function loginProblem(methods: readonly Raw[], id: string): string | undefined {
  const method = methods.find((offered) => textIn(offered, 'id') === id);
  if (method && method['type'] !== BY_HAND) return undefined;
  if (method) return `has "${id}" as a login that a person does in a terminal; leave --agent-auth out`;
  const ids = methods.map((offered) => textIn(offered, 'id')).join(', ');
  return `offers no login "${id}"; give --agent-auth one of: ${ids || '(none)'}`;
}

function wayIn(method: Raw, command: string): string {
  const [id, name, description] = [textIn(method, 'id'), textIn(method, 'name'), textIn(method, 'description')];
  const said = description === undefined ? '' : `, ${description.replace(/\.$/, '')}`;
  const way = `"${name ?? id ?? 'login'}" (${id ?? 'no id'})${said}`;
  return method['type'] === BY_HAND ? `${way}: run on the device: ${commandByHand(method, command)}` : way;
}

function commandByHand(method: Raw, command: string): string {
  const given: unknown = method['args'];
  const args = Array.isArray(given) ? given.filter((arg) => typeof arg === 'string') : [];
  const env = Object.entries(recordIn(method, 'env') ?? {}).map(([name, value]) => `${name}=${quoted(String(value))}`);
  return [...env, command, ...args.map(quoted)].join(' ');
}

/** As a shell takes it for one word. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** What to write, for messages. */
const HOW_TO_ADDRESS =
  'write nats://host:4222, or several with commas between them; in users and passwords signs such as , @ and % are written %2C, %40 and %25';
const ONE_USER = 'write a user and password into one of them only: it holds for all servers';

/** Addresses that are none. The message shows no password. */
export class NatsAddressError extends Error {
  override readonly name = 'NatsAddressError';

  /** @param remedy what to write instead */
  constructor(
    what: string,
    readonly remedy: string = HOW_TO_ADDRESS,
  ) {
    super(`${what}: ${remedy}.`);
  }
}

/** Where NATS is, and who asks, as `TWINLANE_ENGINE` says it. */
export interface NatsAddress {
  /** `host:port` each. */
  readonly servers: readonly string[];
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** In place of a user: `nats://token@host`. */
  readonly token: string | undefined;
  /** Whether an address said `tls://`; a server that wants TLS gets it anyway. */
  readonly tls: boolean;
}

const SCHEMES = ['nats:', 'tls:'];
const DEFAULT_PORT = '4222';

/**
 * Reads `nats://[user:password@]host[:port][,nats://…]`. User and password stand in one of them, or are the same in several, and hold for all.
 *
 * @throws NatsAddressError
 */
export function parseNatsAddress(text: string): NatsAddress {
  const urls = text.split(',').map((part) => parseOne(part.trim(), text));
  const [named, ...others] = urls.filter(({ username }) => username !== '');
  if (others.some(({ username, password }) => username !== named?.username || password !== named.password))
    throw new NatsAddressError('The addresses of NATS name more than one user', ONE_USER);
  const user = named && decoded(named.username);
  const password = named && named.password !== '' ? decoded(named.password) : undefined;
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || DEFAULT_PORT}`),
    user: password === undefined ? undefined : user,
    password,
    token: password === undefined ? user : undefined,
    tls: urls.some(({ protocol }) => protocol === 'tls:'),
  };
}

/** @param text what it is a part of: where one is wrong, a comma in a password may be why */
function parseOne(part: string, text: string): URL {
  const url = URL.canParse(part) ? new URL(part) : undefined;
  const isPlain = url !== undefined && ['', '/'].includes(url.pathname) && url.search === '' && url.hash === '';
  const isUserLeftOut = url?.username === '' && url.password !== '';
  if (!isPlain || isUserLeftOut || url.hostname === '' || !SCHEMES.includes(url.protocol))
    throw new NatsAddressError(`"${withoutUser(text)}" is no address of NATS`);
  return url;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new NatsAddressError('The user or password in an address of NATS is not encoded as in URLs');
  }
}

function withoutUser(text: string): string {
  return text.replace(/^([a-z]+:\/\/)?.*@/is, '$1…@');
}

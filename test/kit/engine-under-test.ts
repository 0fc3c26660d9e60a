import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NatsServer } from './nats-server.js';

/** The engine of every relay that a test starts without naming one: `npm run test:nats` runs the tests on NATS, all others on `embedded`. */
export const ON_NATS = process.env['TWINLANE_TEST_ENGINE'] === 'nats';

/** Relays of one test file, at most. Each that has no data directory has a state of its own. */
const ACCOUNTS = 500;
/** After a relay was killed, whoever comes to the next one waits for this, in ms. */
const NODE_TTL_MS = 2_000;

/** A nats-server for the relays of one test file. Each state is an account with its own JetStream, which knows nothing of the others. */
class NatsOfRelays {
  /** By data directory. */
  private readonly addresses = new Map<string, string>();
  private used = 0;

  private constructor(
    private readonly server: NatsServer,
    private readonly config: string,
  ) {}

  static async start(): Promise<NatsOfRelays> {
    const config = await mkdtemp(path.join(tmpdir(), 'twinlane-accounts-'));
    const file = path.join(config, 'nats.conf');
    const accounts = Array.from({ length: ACCOUNTS }, (_, n) => {
      const name = nameOf(n);
      return `  ${name}: { jetstream: enabled, users: [{ user: ${name}, password: ${name} }] }\n`;
    });
    // The audit log of each account reserves its bytes.
    await writeFile(file, `jetstream { max_file_store: 10TB }\naccounts {\n${accounts.join('')}}\n`);
    return new NatsOfRelays(await NatsServer.start({ args: ['--config', file] }), config);
  }

  /** The address of the state of a data directory, or of a new one. */
  addressOf(dataDir?: string): string {
    const known = dataDir === undefined ? undefined : this.addresses.get(dataDir);
    if (known !== undefined) return known;
    if (this.used === ACCOUNTS) throw new Error(`More than ${ACCOUNTS} relays in one test file.`);
    const name = nameOf(this.used++);
    const address = this.server.url.replace('//', `//${name}:${name}@`);
    if (dataDir !== undefined) this.addresses.set(dataDir, address);
    return address;
  }

  async dispose(): Promise<void> {
    await this.server.dispose();
    await rm(this.config, { recursive: true, force: true });
  }
}

let nats: NatsOfRelays | undefined;

/** Before the tests of a file. */
export async function beginNats(): Promise<void> {
  nats = await NatsOfRelays.start();
}

/** After them. */
export async function endNats(): Promise<void> {
  await nats?.dispose();
  nats = undefined;
}

/**
 * Options of a relay that chooses no engine itself.
 *
 * @param dataDir a relay that is started again on the same one finds the state that it left; default: a state of its own
 */
export function engineOptions(dataDir?: string): { engine?: string; nats?: { nodeTtlMs: number } } {
  return nats ? { engine: nats.addressOf(dataDir), nats: { nodeTtlMs: NODE_TTL_MS } } : {};
}

/** The same for a relay that is started by its command line. */
export function engineSettings(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
): Readonly<Record<string, string>> {
  if (!nats || !['relay', 'start'].includes(args[0] ?? '')) return {};
  const named = args[args.indexOf('--data-dir') + 1];
  const { TWINLANE_DATA_DIR, XDG_DATA_HOME, HOME } = env;
  const dataDir = (args.includes('--data-dir') && named) || TWINLANE_DATA_DIR || XDG_DATA_HOME || HOME || cwd;
  return { TWINLANE_ENGINE: nats.addressOf(dataDir), TWINLANE_NODE_TTL_MS: String(NODE_TTL_MS) };
}

function nameOf(n: number): string {
  return `relay-${n}`;
}

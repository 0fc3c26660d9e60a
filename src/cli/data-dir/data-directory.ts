import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CliError } from '../cli.error.js';
import { withFile } from './with-file.js';

/** Only its owner reads and writes. */
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;
const OTHERS = 0o077;
/** Random bytes of a token that is made here. */
const TOKEN_BYTES = 32;

export interface KeptToken {
  readonly token: string;
  readonly path: string;
  /** Whether it was made just now. */
  readonly made: boolean;
  /** Whether others could read the file until now. */
  readonly tightened: boolean;
}

/** Where the relay that uses this data directory can be reached from this machine. */
export interface RelayEndpoint {
  readonly url: string;
  /** Process that wrote it; it may be gone. */
  readonly pid: number;
}

/** What Twinlane keeps on this machine: a token, the identity of the device, the address of the running relay. */
export class DataDirectory {
  constructor(readonly path: string) {}

  /** The token kept here; undefined when none was made yet. @throws CliError when the file holds none */
  async token(): Promise<KeptToken | undefined> {
    const file = this.file('token');
    const token = await readIfThere(file);
    if (token === undefined) return undefined;
    if (token.trim() === '') throw new CliError(`${file} is empty. Remove it, and the next start makes a new token.`);
    const tightened = await withFile(file, 'written', () => tighten(file));
    return { token: token.trim(), path: file, made: false, tightened };
  }

  /** The token kept here, made now if there is none. Whoever makes it at the same time gets the same one. */
  async tokenOrNew(): Promise<KeptToken> {
    const kept = await this.token();
    if (kept) return kept;
    const made = await this.create('token', `${randomBytes(TOKEN_BYTES).toString('base64url')}\n`);
    const token = await this.token();
    if (!token) throw new CliError(`${this.file('token')} went away while it was read; start again.`);
    return { ...token, made };
  }

  /** Names this device towards relays; made once. */
  async deviceId(): Promise<string> {
    const kept = await readIfThere(this.file('device-id'));
    if (kept !== undefined && kept.trim() !== '') return kept.trim();
    await this.create('device-id', `${randomUUID()}\n`);
    return (await readFile(this.file('device-id'), 'utf8')).trim();
  }

  /** What a relay wrote; it may have ended without a chance to take it back. */
  async endpoint(): Promise<RelayEndpoint | undefined> {
    return readEndpoint(await readIfThere(this.file('relay.json')));
  }

  /** @throws CliError when the disk does not take it; whoever looks for the relay has to be told its address then */
  async keepEndpoint(endpoint: RelayEndpoint): Promise<void> {
    const file = this.file('relay.json');
    await this.draft(file, `${JSON.stringify(endpoint)}\n`, (draft) => rename(draft, file));
  }

  /** Takes an endpoint back, unless a later relay has written its own. */
  async dropEndpoint({ url, pid }: RelayEndpoint): Promise<void> {
    const kept = await this.endpoint();
    const file = this.file('relay.json');
    if (kept?.pid === pid && kept.url === url) await withFile(file, 'written', () => rm(file, { force: true }));
  }

  private file(name: string): string {
    return path.join(this.path, name);
  }

  /** Makes a file with all its content, or leaves the one there is. @returns whether it was made */
  private async create(name: string, text: string): Promise<boolean> {
    const file = this.file(name);
    return this.draft(file, text, async (draft) => {
      try {
        await link(draft, file);
        return true;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        return false;
      }
    });
  }

  /** Writes beside a file, so that nobody ever sees half of it; nothing is left when the disk is full. */
  private draft<T>(file: string, text: string, use: (draft: string) => Promise<T>): Promise<T> {
    return withFile(file, 'written', async () => {
      await mkdir(this.path, { recursive: true, mode: PRIVATE_DIRECTORY });
      const draft = `${file}.${randomUUID()}`;
      try {
        await writeFile(draft, text, { mode: PRIVATE_FILE });
        return await use(draft);
      } finally {
        await rm(draft, { force: true });
      }
    });
  }
}

function readIfThere(file: string): Promise<string | undefined> {
  return withFile(file, 'read', async () => {
    try {
      return await readFile(file, 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
}

async function tighten(file: string): Promise<boolean> {
  const { mode } = await stat(file);
  if (process.platform === 'win32' || (mode & OTHERS) === 0) return false;
  await chmod(file, PRIVATE_FILE);
  return true;
}

function readEndpoint(text: string | undefined): RelayEndpoint | undefined {
  if (text === undefined) return undefined;
  try {
    const { url, pid } = JSON.parse(text) as Partial<RelayEndpoint>;
    return typeof url === 'string' && URL.canParse(url) && typeof pid === 'number' ? { url, pid } : undefined;
  } catch (error) {
    // Not ours, or damaged: as good as none.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

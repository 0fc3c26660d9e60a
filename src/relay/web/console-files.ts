import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { SYSTEM_CLOCK, type Clock } from '../../protocol/index.js';

/** Where `npm run build` puts the console, seen from here in the sources as in what is built of them. */
const FOLDER = new URL('../../../dist/console/', import.meta.url);

/** The page that all others belong to. */
export const INDEX = 'index.html';
/** The folder is read no oftener than this, whatever is asked for; in ms. */
const LISTED_FOR_MS = 1_000;

/** What the console's files are; anything else in the folder is not served. */
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.woff2': 'font/woff2',
};

/** How files lie beside themselves in a shorter form, the best first. */
const ENCODINGS = [
  ['br', '.br'],
  ['gzip', '.gz'],
] as const;

export interface ConsoleFile {
  readonly type: string;
  /** Its name carries a hash of what is in it. */
  readonly immutable: boolean;
  /** Content codings in which it lies there. */
  readonly encodings: ReadonlySet<string>;
}

/**
 * The files of the built console, by their paths below its folder. Only what the folder held when it was read last is ever opened. It may
 * be built anew while the relay runs, so it is read again for the page itself, and for what it did not hold.
 */
export class ConsoleFiles {
  private held: ReadonlyMap<string, ConsoleFile> = new Map();
  private listing: Promise<ReadonlyMap<string, ConsoleFile>> | undefined;
  /** When the folder was read last, of `Clock.elapsed`. */
  private listedAt = -Infinity;

  constructor(
    private readonly folder: URL = FOLDER,
    private readonly clock: Clock = SYSTEM_CLOCK,
  ) {}

  /** @param name with slashes, without one in front @returns undefined where there is none */
  async find(name: string): Promise<ConsoleFile | undefined> {
    if (TYPES[path.posix.extname(name)] === undefined) return undefined;
    const found = name === INDEX ? undefined : this.held.get(name);
    return found ?? (await this.listed()).get(name);
  }

  /** @param encoding one that the file has @returns undefined where it is gone */
  async read(name: string, encoding?: string): Promise<Buffer | undefined> {
    const suffix = ENCODINGS.find(([coding]) => coding === encoding)?.[1] ?? '';
    try {
      return await readFile(new URL(name + suffix, this.folder));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** What the folder holds, as it was a moment ago at most. */
  private listed(): Promise<ReadonlyMap<string, ConsoleFile>> {
    const now = this.clock.elapsed();
    if (this.listing && now - this.listedAt < LISTED_FOR_MS) return this.listing;
    this.listedAt = now;
    return (this.listing = this.list());
  }

  private async list(): Promise<ReadonlyMap<string, ConsoleFile>> {
    const names = await this.names();
    const here = new Set(names);
    this.held = new Map(
      names.flatMap((name) => {
        const type = TYPES[path.posix.extname(name)];
        const encodings = ENCODINGS.filter(([, suffix]) => here.has(name + suffix)).map(([coding]) => coding);
        return type === undefined
          ? []
          : [[name, { type, immutable: name.startsWith('assets/'), encodings: new Set(encodings) }] as const];
      }),
    );
    return this.held;
  }

  private async names(): Promise<string[]> {
    try {
      const names = await readdir(this.folder, { recursive: true });
      return names.map((name) => name.split(path.sep).join('/'));
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** The shortest form of a file that a client takes, by its `Accept-Encoding`. */
export function encodingFor({ encodings }: ConsoleFile, accepted: string): string | undefined {
  const taken = new Set(
    accepted
      .toLowerCase()
      .split(',')
      .filter((one) => !/;\s*q=0(?:\.0*)?\s*$/.test(one))
      .map((one) => one.replace(/;.*/, '').trim()),
  );
  return ENCODINGS.map(([coding]) => coding).find((coding) => encodings.has(coding) && taken.has(coding));
}

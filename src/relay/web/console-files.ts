import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** Where `npm run build` puts the console, seen from here in the sources as in what is built of them. */
const FOLDER = new URL('../../../dist/console/', import.meta.url);

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

/** The files of the built console, by their paths below its folder. Only what the folder held when it was read is ever opened. */
export class ConsoleFiles {
  private known: Promise<ReadonlyMap<string, ConsoleFile>> | undefined;

  constructor(private readonly folder: URL = FOLDER) {}

  /** @param name with slashes, without one in front @returns undefined where there is none */
  async find(name: string): Promise<ConsoleFile | undefined> {
    const known = await (this.known ??= this.list());
    // It may be built while the relay runs.
    if (known.size === 0) this.known = undefined;
    return known.get(name);
  }

  /** @param encoding one that the file has */
  read(name: string, encoding?: string): Promise<Buffer> {
    const suffix = ENCODINGS.find(([coding]) => coding === encoding)?.[1] ?? '';
    return readFile(new URL(name + suffix, this.folder));
  }

  private async list(): Promise<ReadonlyMap<string, ConsoleFile>> {
    const names = await this.names();
    const here = new Set(names);
    return new Map(
      names.flatMap((name) => {
        const type = TYPES[path.posix.extname(name)];
        const encodings = ENCODINGS.filter(([, suffix]) => here.has(name + suffix)).map(([coding]) => coding);
        return type === undefined
          ? []
          : [[name, { type, immutable: name.startsWith('assets/'), encodings: new Set(encodings) }] as const];
      }),
    );
  }

  private async names(): Promise<string[]> {
    try {
      const names = await readdir(this.folder, { recursive: true });
      return names.map((name) => name.split(path.sep).join('/'));
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  }
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

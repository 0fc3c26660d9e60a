import { randomUUID } from 'node:crypto';
import { appendFile, chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { withFile } from './with-file.js';

/** Only its owner reads and writes: lines may hold secrets. */
const PRIVATE_FILE = 0o600;
const PRIVATE_DIRECTORY = 0o700;

/** What was typed at the prompt, over sessions; a file of lines, the oldest first. */
export class LineHistory {
  private readonly file: string;

  /** @param limit lines that are kept; more are cut off when a session begins. Default: 1,000 */
  constructor(
    dataDir: string,
    readonly limit: number = 1_000,
  ) {
    this.file = path.join(dataDir, 'history');
  }

  /** The newest lines, the oldest of them first. */
  async read(): Promise<string[]> {
    const lines = (await this.text()).split('\n').filter((line) => line !== '');
    if (lines.length <= this.limit) return lines;
    const kept = lines.slice(-this.limit);
    await withFile(this.file, 'written', async () => {
      const draft = `${this.file}.${randomUUID()}`;
      try {
        await writeFile(draft, kept.map((line) => `${line}\n`).join(''), { mode: PRIVATE_FILE });
        await rename(draft, this.file);
      } finally {
        await rm(draft, { force: true });
      }
    });
    return kept;
  }

  /** Adds a line; one that begins with a space is not kept, as in shells. */
  async add(line: string): Promise<void> {
    if (line.trim() === '' || line.startsWith(' ')) return;
    await withFile(this.file, 'written', async () => {
      await mkdir(path.dirname(this.file), { recursive: true, mode: PRIVATE_DIRECTORY });
      await appendFile(this.file, `${line.replaceAll('\n', ' ')}\n`, { mode: PRIVATE_FILE });
      await chmod(this.file, PRIVATE_FILE);
    });
  }

  private text(): Promise<string> {
    return withFile(this.file, 'read', async () => {
      try {
        return await readFile(this.file, 'utf8');
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
        throw error;
      }
    });
  }
}

import { mkdir, open, readdir, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../protocol/index.js';
import type { AuditOptions } from './audit.options.js';

const NAME = /^audit-(\d{1,15})\.jsonl$/;
/** Only its owner reads and writes. */
const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** Old files are looked for this often. */
const PRUNE_MS = 60 * 60 * 1_000;
const NEWLINE = 0x0a;

interface Open {
  /** Epoch ms at which it was begun: its name. */
  readonly begun: number;
  readonly handle: FileHandle;
  /** Bytes of whole lines. */
  size: number;
}

type Limits = Pick<AuditOptions, 'maxFileBytes' | 'maxFiles' | 'maxAgeMs'>;

/** `audit-<epoch ms>.jsonl` in a folder, one after the other; the newest is appended to. Calls must not overlap. */
export class AuditFiles {
  private current: Open | undefined;
  private prunedAt = -Infinity;

  constructor(
    private readonly directory: string,
    private readonly limits: Limits,
    private readonly clock: Clock,
  ) {}

  /** Appends whole lines. What could be written in part only is taken back. */
  async append(lines: string): Promise<void> {
    const bytes = Buffer.from(lines);
    const file = await this.fileFor(bytes.length);
    try {
      await file.handle.appendFile(bytes);
    } catch (error) {
      await file.handle.truncate(file.size);
      throw error;
    }
    file.size += bytes.length;
    await this.prune();
  }

  /** When files were begun, the oldest first. */
  async begun(): Promise<number[]> {
    const names = await readdir(this.directory).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return names
      .flatMap((name) => {
        const number = NAME.exec(name)?.[1];
        return number === undefined ? [] : [Number(number)];
      })
      .toSorted((a, b) => a - b);
  }

  pathOf(begun: number): string {
    return path.join(this.directory, `audit-${begun}.jsonl`);
  }

  async close(): Promise<void> {
    const { current } = this;
    this.current = undefined;
    await current?.handle.close();
  }

  private async fileFor(bytes: number): Promise<Open> {
    const current = this.current ?? (await this.reopen());
    const isOld = current !== undefined && this.clock.now() - current.begun >= DAY_MS;
    const isFull = current !== undefined && current.size > 0 && current.size + bytes > this.limits.maxFileBytes;
    if (current && !isOld && !isFull) return current;
    const begun = Math.max(this.clock.now(), (current?.begun ?? 0) + 1);
    const next = await this.open(begun);
    await current?.handle.close();
    this.prunedAt = -Infinity;
    return (this.current = next);
  }

  /** What an earlier process has left; a line that it has not ended is ended. */
  private async reopen(): Promise<Open | undefined> {
    await mkdir(this.directory, { recursive: true, mode: PRIVATE_DIRECTORY });
    const newest = (await this.begun()).at(-1);
    if (newest === undefined) return undefined;
    const file = await this.open(newest);
    try {
      const last = Buffer.alloc(1);
      if (file.size > 0) await file.handle.read(last, 0, 1, file.size - 1);
      if (file.size > 0 && last[0] !== NEWLINE) {
        await file.handle.appendFile('\n');
        file.size += 1;
      }
    } catch (error) {
      await file.handle.close();
      throw error;
    }
    return (this.current = file);
  }

  private async open(begun: number): Promise<Open> {
    const handle = await open(this.pathOf(begun), 'a+', PRIVATE_FILE);
    return { begun, handle, size: (await handle.stat()).size };
  }

  /** A file holds nothing younger than what the next one begins with. */
  private async prune(): Promise<void> {
    const now = this.clock.now();
    if (now - this.prunedAt < PRUNE_MS) return;
    this.prunedAt = now;
    const all = await this.begun();
    const { maxFiles, maxAgeMs } = this.limits;
    for (const [index, begun] of all.entries()) {
      const next = all[index + 1];
      const isOver = all.length - index > maxFiles || (next !== undefined && now - next > maxAgeMs);
      if (isOver && next !== undefined) await rm(this.pathOf(begun), { force: true });
    }
  }
}

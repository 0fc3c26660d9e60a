import { randomBytes } from 'node:crypto';
import type { KvRecords } from './kv-records.js';

/** Entries of one page: each change writes a whole page. */
const PAGE_ENTRIES = 100;
const TAG_BYTES = 6;

/** Where an entry of a list is. */
export interface Placed {
  readonly page: number;
  readonly entry: string;
}

/** Entries that wait until those before them are written. */
interface Group {
  readonly entries: string[];
  readonly page: Promise<number>;
}

/**
 * Lists of texts in the order in which they came, in pages: to read one page costs one record, however long the list and the bucket are.
 * A page is the record `<list>.<number>`, from 0; `<list>` says which is the last. None may be in a list twice.
 */
export class KvLists {
  /** By list: the newest group, and the one that nobody can join any more. */
  private readonly waiting = new Map<string, Group>();
  private readonly writing = new Map<string, Promise<unknown>>();

  constructor(private readonly records: KvRecords) {}

  /** Adds an entry at the end; those that come while others are written go together. @returns its page */
  add(list: string, entry: string): Promise<number> {
    const group = this.waiting.get(list);
    if (group && group.entries.length < PAGE_ENTRIES) {
      group.entries.push(entry);
      return group.page;
    }
    const entries = [entry];
    const page = this.after(list, () => {
      if (this.waiting.get(list)?.entries === entries) this.waiting.delete(list);
      return this.append(list, entries);
    });
    this.waiting.set(list, { entries, page });
    return page;
  }

  /** One that is not there is ignored. */
  async remove(list: string, { page, entry }: Placed): Promise<void> {
    await this.records.change<string[], void>(pageKey(list, page), (entries) => ({
      value: entries?.includes(entry) ? entries.filter((other) => other !== entry) : undefined,
      result: undefined,
    }));
  }

  /** Page by page, from one on. */
  async *pages(
    list: string,
    from = 0,
  ): AsyncGenerator<{ readonly page: number; readonly entries: readonly string[] }, void> {
    for (let page = from; ; page++) {
      const kept = await this.records.get<string[]>(pageKey(list, page));
      if (!kept) return;
      yield { page, entries: kept.value };
    }
  }

  /** Takes a list away that nobody adds to any more. */
  async drop(list: string): Promise<void> {
    for (let page = 0; ; page++) {
      const kept = await this.records.get(pageKey(list, page));
      if (!kept) break;
      await this.records.remove(pageKey(list, page), kept.revision);
    }
    const last = await this.records.get(list);
    if (last) await this.records.remove(list, last.revision);
  }

  private after<T>(list: string, write: () => Promise<T>): Promise<T> {
    const before = this.writing.get(list) ?? Promise.resolve();
    const done = before.then(write, write).finally(() => {
      if (this.writing.get(list) === done) this.writing.delete(list);
    });
    this.writing.set(list, done);
    return done;
  }

  private async append(list: string, entries: readonly string[]): Promise<number> {
    for (let page = (await this.records.get<number>(list))?.value ?? 0; ; page++) {
      const hadRoom = await this.records.change<string[], boolean>(pageKey(list, page), (there = []) =>
        there.length < PAGE_ENTRIES
          ? { value: [...there, ...entries], result: true }
          : { value: undefined, result: false },
      );
      if (hadRoom) return page;
      await this.records.change<number, void>(list, (last = 0) => ({
        value: last <= page ? page + 1 : undefined,
        result: undefined,
      }));
    }
  }
}

function pageKey(list: string, page: number): string {
  return `${list}.${page}`;
}

/**
 * Tells one making of a record from others of the same id. Nobody can add an entry to a list and write the record in one step: an entry
 * counts only while the record has its tag.
 */
export function makeTag(): string {
  return randomBytes(TAG_BYTES).toString('base64url');
}

/** What a list holds of a record. */
export function taggedEntry(id: string, tag: string): string {
  return `${id}:${tag}`;
}

/** Of `taggedEntry`. */
export function readTagged(entry: string): { readonly id: string; readonly tag: string } {
  const at = entry.lastIndexOf(':');
  return { id: entry.slice(0, at), tag: entry.slice(at + 1) };
}

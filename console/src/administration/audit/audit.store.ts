import { effect, signal, type ReadonlySignal } from '@preact/signals';
import type { AuditEntry, AuditFilter, AuditKind, AuditPage } from 'twinlane/client';
import type { Clock, Timer } from 'twinlane/protocol';
import { messageOf } from '../../ui/index.js';

/** How often newer entries are asked for while somebody looks, in ms; the relay allows five pages a second. */
const FOLLOW_MS = 3_000;
const PAGE = 50;
/** Entries that are kept in the page; the oldest go first while it follows. */
const MOST = 1_000;

/** What is looked for; empty texts count as not said. */
export interface Wanted {
  readonly environment: string;
  readonly token: string;
  readonly kind: AuditKind | '';
  /** As an `input` of type `datetime-local` has it, in the browser's time zone. */
  readonly from: string;
  readonly to: string;
}

export const EVERYTHING: Wanted = { environment: '', token: '', kind: '', from: '', to: '' };

export interface AuditStoreParts {
  readonly audit: (filter: AuditFilter) => Promise<AuditPage>;
  readonly clock: Clock;
  readonly visible: ReadonlySignal<boolean>;
  /** Told of what a request failed with. @returns whether the session ended with it */
  readonly noticed: (error: unknown) => boolean;
}

/** Pages of the audit log, the newest first, with what comes while somebody looks on top. */
export class AuditStore {
  readonly wanted = signal<Wanted>(EVERYTHING);
  private readonly list = signal<readonly AuditEntry[] | undefined>(undefined);
  private readonly older = signal<string | null>(null);
  private readonly trouble = signal<string | undefined>(undefined);
  private timer: Timer | undefined;
  /** An answer to what is no longer looked for says nothing. */
  private asked = 0;
  private stop: (() => void) | undefined;

  constructor(private readonly parts: AuditStoreParts) {}

  /** Undefined until the relay has answered. */
  get entries(): ReadonlySignal<readonly AuditEntry[] | undefined> {
    return this.list;
  }

  /** Whether there is anything older. */
  get hasOlder(): boolean {
    return this.older.value !== null;
  }

  get error(): ReadonlySignal<string | undefined> {
    return this.trouble;
  }

  /** Follows until what this returns is called. */
  use(): () => void {
    this.stop = effect(() => {
      const { wanted, parts } = this;
      void wanted.value;
      if (parts.visible.value) void this.begin();
      else this.pause();
    });
    return () => {
      this.stop?.();
      this.pause();
    };
  }

  async showOlder(): Promise<void> {
    const before = this.older.peek();
    if (before === null) return;
    const page = await this.page(before);
    if (!page) return;
    this.list.value = [...(this.list.peek() ?? []), ...page.entries];
    this.older.value = page.next;
  }

  private async begin(): Promise<void> {
    this.pause();
    const page = await this.page();
    if (page) {
      this.list.value = page.entries;
      this.older.value = page.next;
    }
    this.plan(this.asked);
  }

  private plan(asked: number): void {
    if (asked !== this.asked || !this.parts.visible.peek()) return;
    this.timer = this.parts.clock.after(FOLLOW_MS, () => void this.follow());
  }

  /** More came than one page holds: then what is shown begins anew, because there would be a hole. */
  private async follow(): Promise<void> {
    const asked = this.asked;
    const page = await this.page();
    if (page) this.add(page);
    this.plan(asked);
  }

  private add(page: AuditPage): void {
    const known = this.list.peek() ?? [];
    const ids = new Set(known.map(({ id }) => id));
    const fresh = page.entries.filter(({ id }) => !ids.has(id));
    const isWhole = fresh.length < page.entries.length || known.length === 0;
    if (fresh.length === 0) return;
    this.list.value = isWhole ? [...fresh, ...known].slice(0, Math.max(MOST, known.length)) : page.entries;
    if (!isWhole) this.older.value = page.next;
  }

  private async page(before?: string): Promise<AuditPage | undefined> {
    const asked = this.asked;
    try {
      const page = await this.parts.audit({ ...filterOf(this.wanted.peek()), limit: PAGE, before });
      if (asked !== this.asked) return undefined;
      this.trouble.value = undefined;
      return page;
    } catch (error) {
      if (asked === this.asked && !this.parts.noticed(error)) this.trouble.value = messageOf(error);
      return undefined;
    }
  }

  private pause(): void {
    this.asked += 1;
    this.timer?.cancel();
  }
}

/** What the relay is asked for. */
export function filterOf({ environment, token, kind, from, to }: Wanted): AuditFilter {
  const said = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim());
  const at = (local: string): string | undefined => (local === '' ? undefined : new Date(local).toISOString());
  return {
    environment: said(environment),
    token: said(token),
    kind: kind === '' ? undefined : kind,
    from: at(from),
    to: at(to),
  };
}

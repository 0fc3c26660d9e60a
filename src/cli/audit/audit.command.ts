import { TwinlaneClient, type Administration } from '../../client/index.js';
import { SYSTEM_CLOCK, type AuditEntry, type Clock } from '../../protocol/index.js';
import type { CliIo } from '../cli-io.js';
import { EXIT } from '../exit-codes.js';
import { findRelay } from '../find-relay.js';
import { outbound } from '../outbound/outbound.js';
import { Output } from '../output.js';
import { AuditSettings } from '../settings/client.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { aborted, keepAlive } from '../waiting.js';
import { AuditTable } from './audit-table.js';

/** Whoever follows asks this often, in ms. */
const POLL_MS = 2_000;
/** Entries that are shown first. */
const FIRST = 100;

/** `twinlane audit`: who did what, the newest last; where it is followed, until Ctrl-C. */
export function auditCommand(flags: Readonly<Record<string, unknown>>, io: CliIo): Promise<number> {
  const { clock = SYSTEM_CLOCK } = io;
  const settings = readSettings('audit', AuditSettings, { flags, env: io.env });
  return keepAlive(async () => {
    const access = await findRelay(settings, io);
    const { client } = await outbound(access.server, settings, io.env);
    const { administration } = new TwinlaneClient({ ...access, ...client, clock });
    const stdout = new Output(io.stdout);
    const table = new AuditTable();
    const interrupted = aborted(io.interrupted);
    let seen: string | undefined;
    do {
      const found = await since(administration, seen);
      await stdout.write(settings.json ? jsonLines(found) : table.next(found));
      seen = found.at(-1)?.id ?? seen;
      if (settings.follow) await Promise.race([pause(clock), interrupted, stdout.gone]);
    } while (settings.follow && !io.interrupted.aborted && !stdout.isGone);
    return EXIT.OK;
  });
}

/** What came after an entry, or the newest; the newest last. */
async function since(administration: Administration, seen: string | undefined): Promise<AuditEntry[]> {
  const found: AuditEntry[] = [];
  let before: string | undefined;
  for (;;) {
    const { entries, next } = await administration.audit({ limit: FIRST, before });
    const known = seen === undefined ? -1 : entries.findIndex(({ id }) => id === seen);
    found.push(...(known === -1 ? entries : entries.slice(0, known)));
    if (seen === undefined || known !== -1 || next === null) return found.toReversed();
    before = next;
  }
}

function pause(clock: Clock): Promise<void> {
  return new Promise((resolve) => clock.after(POLL_MS, () => resolve()));
}

function jsonLines(entries: readonly AuditEntry[]): string {
  return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

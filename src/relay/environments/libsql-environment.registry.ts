import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { openDatabase, type Database } from '../../journal/index.js';
import type { Clock } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import {
  environmentIds,
  isFree,
  issueLease,
  leaseIdOf,
  LEASES_KEPT,
  NOBODY,
  notYetConnected,
  processInstanceIdOf,
  renamed,
  type Environment,
  type Lease,
  type Sighting,
  type Voider,
} from './environment.js';
import { EnvironmentRegistry, type LeaseStanding, type Registered, type Registration } from './environment.registry.js';
import { environmentOf, leaseOf, rowOfLease, type EnvironmentRow, type LeaseRow } from './registry-rows.js';
import { REGISTRY_MIGRATIONS } from './registry-schema.js';
import { WriteGroup } from './write-group.js';

const FILE_NAME = 'registry.db';
/** Only its owner reads and writes. */
const PRIVATE_DIRECTORY = 0o700;

/**
 * Pages of 4 KiB that are written before they are brought over into the file itself: that waits for the disk, and
 * everybody else here with it, so it is done seldom.
 */
const CHECKPOINT_PAGES = 2_000;

/** Environments that are read at once for whoever goes through them. */
const ROWS_READ = 200;

const SAME_PROCESS: Voider = 'same-process';
const OTHER_PROCESS: Voider = 'other-process';

/**
 * Keeps environments and leases in a file, so that listeners come back to a relay that was restarted with the lease they
 * have (reliability C24, C25), and those that were superseded stay so (C15). Statements are synchronous: what listeners do
 * here is rare, and each takes well under a millisecond. Those that come in one turn of the event loop share a commit.
 */
export class LibsqlEnvironmentRegistry extends EnvironmentRegistry implements OnApplicationShutdown {
  private readonly log = new Logger(LibsqlEnvironmentRegistry.name);
  private readonly statements;
  private readonly writes: WriteGroup;
  /** Whether the last registration could not be written. */
  private isFailing = false;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    super();
    this.statements = prepare(database);
    this.writes = new WriteGroup(database);
  }

  /**
   * Opens the registry in a folder, which is made where it is missing.
   *
   * @throws DatabaseError when its file cannot be used
   */
  static open(directory: string, clock: Clock): LibsqlEnvironmentRegistry {
    mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
    const database = openDatabase(path.join(directory, FILE_NAME), REGISTRY_MIGRATIONS);
    database.exec(`PRAGMA wal_autocheckpoint=${CHECKPOINT_PAGES}`);
    return new LibsqlEnvironmentRegistry(database, clock);
  }

  /** @throws RelayError REGISTRATION_NOT_KEPT while the file cannot be written */
  async register(registration: Registration): Promise<Registered> {
    try {
      const registered = await this.writes.together(() => this.enterUnlessRefused(registration));
      if (registered instanceof RelayError) throw registered;
      if (this.isFailing) this.log.log('The registry is written again; listeners can register.');
      this.isFailing = false;
      return registered;
    } catch (cause) {
      if (cause instanceof RelayError) throw cause;
      this.failed(cause);
      throw new RelayError('REGISTRATION_NOT_KEPT', undefined, { cause });
    }
  }

  async standingOf(connectionId: string, secret: string): Promise<LeaseStanding> {
    const row = this.statements.standing.get([connectionId, leaseIdOf(secret)]) as
      | (EnvironmentRow & LeaseRow)
      | undefined;
    if (!row) return { state: 'unknown' };
    const environment = environmentOf(row);
    const lease = leaseOf(row);
    return row.voided_by === null
      ? { state: 'valid', environment, lease }
      : { state: 'void', environment, lease, by: row.voided_by };
  }

  async leaseReady({ environmentId, order, processInstanceId }: Lease): Promise<void> {
    this.statements.voidOlder.run([processInstanceId ?? null, environmentId, order]);
  }

  async seen(environmentId: string, { lastSeenAt, lastHeartbeat, offline }: Sighting): Promise<void> {
    await this.writes.together(() => {
      const gone = [offline?.reason ?? null, offline?.since ?? null];
      this.statements.seen.run([lastSeenAt, lastHeartbeat, ...gone, environmentId]);
    });
  }

  async release(environmentId: string): Promise<void> {
    this.change(() => {
      this.statements.release.run([environmentId]);
      this.statements.voidAll.run([environmentId]);
    });
  }

  async remove(environmentId: string): Promise<void> {
    this.change(() => {
      this.statements.removeLeases.run([environmentId]);
      this.statements.remove.run([environmentId]);
    });
  }

  async find(organizationId: string, name: string): Promise<readonly Environment[]> {
    const named = this.statements.named.all([organizationId, name, name]);
    const found = named.length > 0 ? named : this.statements.ofDevice.all([organizationId, name]);
    return (found as EnvironmentRow[]).map(environmentOf);
  }

  async organizationOf(environmentId: string): Promise<string | undefined> {
    return (this.statements.byId.get([environmentId]) as EnvironmentRow | undefined)?.organization_id;
  }

  async list(organizationId: string): Promise<readonly Environment[]> {
    return (this.statements.ofOrganization.all([organizationId]) as EnvironmentRow[]).map(environmentOf);
  }

  override async *behind(organizationId: string, after: string | undefined): AsyncGenerator<Environment, void> {
    let place = after === undefined ? 0 : this.placeOf(organizationId, after);
    while (place !== undefined) {
      const rows = this.statements.behind.all([organizationId, place, ROWS_READ]) as EnvironmentRow[];
      for (const row of rows) yield environmentOf(row);
      place = rows.length < ROWS_READ ? undefined : rows.at(-1)?.number;
    }
  }

  override async withIds(organizationId: string, ids: ReadonlySet<string>): Promise<readonly Environment[]> {
    const rows = this.statements.withIds.all([organizationId, JSON.stringify([...ids])]) as EnvironmentRow[];
    return rows.map(environmentOf);
  }

  /** Every socket and request is over by then. */
  onApplicationShutdown(): void {
    this.writes.flush();
    try {
      this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // Everything is in the write-ahead log; the next process to open the file brings it in.
      this.log.warn(`The registry could not be brought into its file: ${String(error)}`);
    }
    this.database.close();
  }

  private placeOf(organizationId: string, id: string): number | undefined {
    const row = this.statements.byId.get([id]) as EnvironmentRow | undefined;
    return row?.organization_id === organizationId ? row.number : undefined;
  }

  private change(write: () => void): void {
    try {
      this.writes.now(write);
    } catch (cause) {
      throw new RelayError('CHANGE_NOT_KEPT', undefined, { cause });
    }
  }

  /** Every listener tries again and again: said once. */
  private failed(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (!this.isFailing)
      this.log.error(`The registry cannot be written (${why}); listeners cannot register. Make room on the disk.`);
    this.isFailing = true;
  }

  /** One that is refused has written nothing, and does not stop the others of its group. */
  private enterUnlessRefused(registration: Registration): Registered | RelayError {
    try {
      return this.enter(registration);
    } catch (error) {
      if (error instanceof RelayError) return error;
      throw error;
    }
  }

  private enter(registration: Registration): Registered {
    const { organizationId, tokenId, deviceId, listenerInstanceId, connectionName, metadata } = registration;
    const { id, connectionId } = environmentIds(organizationId, deviceId, listenerInstanceId);
    const known = this.statements.byId.get([id]) as EnvironmentRow | undefined;
    if (known && !isFree({ ownerTokenId: known.owner_token_id }, tokenId)) throw new RelayError('ENVIRONMENT_TAKEN');
    this.refuseSuperseded(id, processInstanceIdOf(metadata));

    const now = this.clock.now();
    const identity = [id, connectionId, organizationId, tokenId, deviceId, listenerInstanceId ?? null];
    const { reason, since } = notYetConnected(now);
    const said = [connectionName, JSON.stringify(metadata)];
    const row = this.statements.enter.get([...identity, ...said, now, now, now, reason, since]);
    const environment = row as EnvironmentRow;
    const { lease, secret } = issueLease(id, environment.registrations, metadata);
    this.statements.addLease.run(rowOfLease(lease));
    this.statements.forgetLeases.run([id, lease.order - LEASES_KEPT]);
    const renamedFrom = renamed(known?.connection_name, connectionName);
    return { environment: environmentOf(environment), lease, secret, renamedFrom };
  }

  /** The process's newest lease counts: who came back and won is not superseded any more. */
  private refuseSuperseded(environmentId: string, processInstanceId: string | undefined): void {
    if (processInstanceId === undefined) return;
    const newest = this.statements.newestOfProcess.get([environmentId, processInstanceId]) as LeaseRow | undefined;
    if (newest?.voided_by === OTHER_PROCESS) throw new RelayError('LISTENER_SUPERSEDED');
  }
}

function prepare(database: Database) {
  return {
    byId: database.prepare('SELECT * FROM environments WHERE id = ?'),
    enter: database.prepare(`
      INSERT INTO environments (id, connection_id, organization_id, owner_token_id, device_id, listener_instance_id,
        connection_name, metadata, first_seen_at, registered_at, last_seen_at, registrations, offline_reason, offline_since)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
      ON CONFLICT (id) DO UPDATE SET owner_token_id = excluded.owner_token_id, connection_name = excluded.connection_name, metadata = excluded.metadata,
        registered_at = excluded.registered_at, last_seen_at = excluded.last_seen_at, registrations = registrations + 1,
        offline_reason = excluded.offline_reason, offline_since = excluded.offline_since
      RETURNING *`),
    seen: database.prepare(`
      UPDATE environments SET last_seen_at = max(last_seen_at, ?), last_heartbeat = coalesce(?, last_heartbeat),
        offline_reason = ?, offline_since = ?
      WHERE id = ?`),
    named: database.prepare('SELECT * FROM environments WHERE organization_id = ? AND (id = ? OR connection_id = ?)'),
    ofDevice: database.prepare(
      'SELECT * FROM environments WHERE organization_id = ? AND device_id = ? ORDER BY registered_at DESC, number',
    ),
    ofOrganization: database.prepare('SELECT * FROM environments WHERE organization_id = ? ORDER BY number'),
    behind: database.prepare(
      'SELECT * FROM environments WHERE organization_id = ? AND number > ? ORDER BY number LIMIT ?',
    ),
    // With the `+` it goes by the ids: by the organisation's index it would read all of it for one of them.
    withIds: database.prepare(
      'SELECT * FROM environments WHERE +organization_id = ? AND id IN (SELECT value FROM json_each(?))',
    ),
    addLease: database.prepare(
      'INSERT INTO leases (lease_id, environment_id, place, process_instance_id, terms) VALUES (?, ?, ?, ?, ?)',
    ),
    forgetLeases: database.prepare('DELETE FROM leases WHERE environment_id = ? AND place <= ?'),
    standing: database.prepare(`
      SELECT * FROM leases JOIN environments ON id = environment_id WHERE connection_id = ? AND lease_id = ?`),
    voidOlder: database.prepare(`
      UPDATE leases SET voided_by = iif(process_instance_id = ?, '${SAME_PROCESS}', '${OTHER_PROCESS}')
      WHERE environment_id = ? AND place < ? AND voided_by IS NULL`),
    release: database.prepare(`UPDATE environments SET owner_token_id = '${NOBODY}' WHERE id = ?`),
    voidAll: database.prepare(
      `UPDATE leases SET voided_by = '${OTHER_PROCESS}' WHERE environment_id = ? AND voided_by IS NULL`,
    ),
    removeLeases: database.prepare('DELETE FROM leases WHERE environment_id = ?'),
    remove: database.prepare('DELETE FROM environments WHERE id = ?'),
    newestOfProcess: database.prepare(`
      SELECT * FROM leases WHERE environment_id = ? AND process_instance_id = ? ORDER BY place DESC LIMIT 1`),
  };
}

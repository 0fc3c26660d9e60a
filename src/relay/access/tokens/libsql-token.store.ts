import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { timingSafeEqual } from 'node:crypto';
import { openDatabase, type Database } from '../../../journal/index.js';
import { RelayError } from '../../relay.error.js';
import { organizationOf, rowOfToken, tokenOf, type OrganizationRow, type TokenRow } from './token-rows.js';
import { TOKEN_MIGRATIONS } from './token-schema.js';
import { takenId, TokenStore, type OrganizationRecord, type TokenRecord } from './token-store.js';

const FILE_NAME = 'access.db';
/** Only its owner reads and writes. */
const PRIVATE_DIRECTORY = 0o700;

/** Keeps tokens and organisations in a file. Statements are synchronous: each takes well under a millisecond. */
export class LibsqlTokenStore extends TokenStore implements OnApplicationShutdown {
  private readonly log = new Logger(LibsqlTokenStore.name);
  private readonly statements;

  constructor(private readonly database: Database) {
    super();
    this.statements = prepare(database);
  }

  /**
   * Opens the store in a folder, which is made where it is missing.
   *
   * @throws DatabaseError when its file cannot be used
   */
  static open(directory: string): LibsqlTokenStore {
    mkdirSync(directory, { recursive: true, mode: PRIVATE_DIRECTORY });
    return new LibsqlTokenStore(openDatabase(path.join(directory, FILE_NAME), TOKEN_MIGRATIONS));
  }

  async add(token: TokenRecord, digest: string): Promise<void> {
    this.atOnce(() => {
      if (!this.statements.organization.get([token.organizationId])) throw new RelayError('ORGANIZATION_UNKNOWN');
      this.statements.add.run(rowOfToken(token, digest));
    });
  }

  async byDigest(digest: string): Promise<TokenRecord | undefined> {
    const row = this.statements.byDigest.get([digest]) as TokenRow | undefined;
    return row && timingSafeEqual(Buffer.from(row.digest), Buffer.from(digest)) ? tokenOf(row) : undefined;
  }

  async get(id: string): Promise<TokenRecord | undefined> {
    const row = this.statements.byId.get([id]) as TokenRow | undefined;
    return row && tokenOf(row);
  }

  async list(organizationId?: string): Promise<readonly TokenRecord[]> {
    const { all, ofOrganization } = this.statements;
    const rows = organizationId === undefined ? all.all([]) : ofOrganization.all([organizationId]);
    return (rows as TokenRow[]).map(tokenOf);
  }

  async revoke(id: string, at: number): Promise<void> {
    this.atOnce(() => void this.statements.revoke.run([at, id]));
  }

  async forgetEnded(at: number): Promise<void> {
    this.atOnce(() => void this.statements.forgetEnded.run([at]));
  }

  async used(id: string, at: number): Promise<void> {
    this.statements.used.run([at, id]);
  }

  async addOrganization({ id, name, createdAt }: OrganizationRecord): Promise<void> {
    this.atOnce(() => {
      const known = this.statements.everOrganization.get([id]) as OrganizationRow | undefined;
      if (known) throw takenId(known.removed_at !== null);
      this.statements.addOrganization.run([id, name, createdAt]);
    });
  }

  async organization(id: string): Promise<OrganizationRecord | undefined> {
    const row = this.statements.organization.get([id]) as OrganizationRow | undefined;
    return row && organizationOf(row);
  }

  async organizations(): Promise<readonly OrganizationRecord[]> {
    return (this.statements.organizations.all([]) as OrganizationRow[]).map(organizationOf);
  }

  async removeOrganization(id: string, at: number): Promise<readonly string[]> {
    return this.atOnce(() => {
      this.statements.removeOrganization.run([at, id]);
      const live = (this.statements.ofOrganization.all([id]) as TokenRow[]).filter((row) => row.revoked_at === null);
      for (const token of live) this.statements.revoke.run([at, token.id]);
      return live.map((token) => token.id);
    });
  }

  /** Every socket and request is over by then. */
  onApplicationShutdown(): void {
    try {
      this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch (error) {
      // Everything is in the write-ahead log; the next process to open the file brings it in.
      this.log.warn(`The tokens could not be brought into their file: ${String(error)}`);
    }
    this.database.close();
  }

  private atOnce<T>(write: () => T): T {
    try {
      this.database.exec('BEGIN IMMEDIATE');
      const written = write();
      this.database.exec('COMMIT');
      return written;
    } catch (cause) {
      // A full disk has rolled back already.
      if (this.database.inTransaction) this.database.exec('ROLLBACK');
      if (cause instanceof RelayError) throw cause;
      this.log.error(`Tokens cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`);
      throw new RelayError('CHANGE_NOT_KEPT', undefined, { cause });
    }
  }
}

function prepare(database: Database) {
  return {
    add: database.prepare(`
      INSERT INTO tokens (id, digest, organization_id, name, role, environments, access, may_approve, created_at,
        created_by, expires_at, last_used_at, revoked_at)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`),
    byDigest: database.prepare('SELECT * FROM tokens WHERE digest = ?'),
    byId: database.prepare('SELECT * FROM tokens WHERE id = ?'),
    all: database.prepare('SELECT * FROM tokens ORDER BY number'),
    ofOrganization: database.prepare('SELECT * FROM tokens WHERE organization_id = ? ORDER BY number'),
    revoke: database.prepare('UPDATE tokens SET revoked_at = coalesce(revoked_at, ?) WHERE id = ?'),
    forgetEnded: database.prepare('DELETE FROM tokens WHERE coalesce(revoked_at, expires_at) < ?'),
    used: database.prepare('UPDATE tokens SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE id = ?'),
    addOrganization: database.prepare('INSERT INTO organizations (id, name, created_at) VALUES (?, ?, ?)'),
    everOrganization: database.prepare('SELECT * FROM organizations WHERE id = ?'),
    organization: database.prepare('SELECT * FROM organizations WHERE id = ? AND removed_at IS NULL'),
    organizations: database.prepare('SELECT * FROM organizations WHERE removed_at IS NULL ORDER BY number'),
    removeOrganization: database.prepare('UPDATE organizations SET removed_at = ? WHERE id = ? AND removed_at IS NULL'),
  };
}

/** Versions of the schema of `access.db`, each from the one before; never change one that was released. */
export const TOKEN_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE organizations (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL
  );
  CREATE TABLE tokens (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    digest TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    environments TEXT NOT NULL,
    access TEXT NOT NULL,
    may_approve INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    revoked_at INTEGER
  );
  CREATE INDEX tokens_of_organization ON tokens (organization_id)
  `,
  // Its row stays, so that nobody takes its id.
  'ALTER TABLE organizations ADD COLUMN removed_at INTEGER',
];

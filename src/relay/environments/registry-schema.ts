/** Versions of the schema of `registry.db`, each from the one before; never change one that was released. */
export const REGISTRY_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE environments (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    connection_id TEXT NOT NULL UNIQUE,
    organization_id TEXT NOT NULL,
    owner_token_id TEXT NOT NULL,
    device_id TEXT NOT NULL,
    listener_instance_id TEXT,
    connection_name TEXT NOT NULL,
    metadata TEXT NOT NULL,
    first_seen_at INTEGER NOT NULL,
    registered_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    last_heartbeat INTEGER,
    registrations INTEGER NOT NULL
  );
  CREATE INDEX environments_of_device ON environments (organization_id, device_id);
  CREATE TABLE leases (
    environment_id TEXT NOT NULL REFERENCES environments (id),
    place INTEGER NOT NULL,
    lease_id TEXT NOT NULL UNIQUE,
    process_instance_id TEXT,
    terms TEXT NOT NULL,
    voided_by TEXT,
    PRIMARY KEY (environment_id, place)
  ) WITHOUT ROWID
  `,
  // With `number`, as every index of a table has it: pages in its order.
  'CREATE INDEX environments_of_organization ON environments (organization_id)',
  // Null, as in rows of older relays: it was online when the relay ended, or that is not known.
  `
  ALTER TABLE environments ADD COLUMN offline_reason TEXT;
  ALTER TABLE environments ADD COLUMN offline_since INTEGER
  `,
];

import type { Access, PermissionMode } from '../protocol/index.js';

const DOES: Readonly<Record<Access, string>> = {
  read: 'reads files',
  write: 'changes files',
  execute: 'runs programs',
};

/** A command of a client that the permission mode does not allow. */
export class AccessRefusedError extends Error {
  override readonly name = 'AccessRefusedError';

  constructor(
    readonly access: Access,
    readonly mode: PermissionMode,
  ) {
    super(
      `In mode ${mode} no command of a client ${DOES[access]}. Have the agent do it and approve it, or start the listener with another --mode (TWINLANE_MODE).`,
    );
  }
}

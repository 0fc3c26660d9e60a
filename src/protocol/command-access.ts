/** What something does to the machine. Who does not know counts it as `execute`. */
export const ACCESSES = ['read', 'write', 'execute'] as const;
export type Access = (typeof ACCESSES)[number];

/**
 * What each command of the protocol does to the machine; those that are not here are about conversations. The device asks its permission
 * mode about it, and a client names the conversation whose mode is meant.
 */
const COMMAND_ACCESS: ReadonlyMap<string, Access> = new Map([
  ['list_in_directory', 'read'],
  ['get_tree', 'read'],
  ['read_file', 'read'],
  ['write_file', 'write'],
  ['edit_file', 'write'],
  ['watch_file', 'read'],
  ['unwatch_file', 'read'],
  ['search_files', 'read'],
  ['grep_in_files', 'read'],
  ['search_branches', 'read'],
  ['checkout_branch', 'write'],
  ['terminal_spawn', 'execute'],
  ['terminal_input', 'execute'],
]);

/** Undefined where a command does nothing to the machine, or is none of the protocol's. */
export function accessOfCommand(command: string): Access | undefined {
  return COMMAND_ACCESS.get(command);
}

/** Whether a command writes or executes: the permission mode may refuse it. */
export function changesMachine(command: string): boolean {
  const access = accessOfCommand(command);
  return access !== undefined && access !== 'read';
}

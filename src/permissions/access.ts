/** What something does to the machine. Who does not know counts it as `execute`. */
export const ACCESSES = ['read', 'write', 'execute'] as const;
export type Access = (typeof ACCESSES)[number];

/** Under which name a history keeps the newest snapshot of a type. */
export function snapshotName(type: string): string {
  return `snapshot ${type}`;
}

/** Under which name a history keeps a `control_request` that waits. */
export function approvalName(requestId: string): string {
  return `control_request ${requestId}`;
}

/** Under which name a history keeps from what a runtime has its title. */
export const TITLE_NAME = 'title';

import type { EnvironmentRecord } from 'twinlane/client';

/** What a listener says of itself. */
export interface EnvironmentFacts {
  readonly directory: string | undefined;
  readonly version: string | undefined;
  readonly system: string | undefined;
  readonly mode: string | undefined;
  readonly branch: string | undefined;
}

const SYSTEMS: Readonly<Record<string, string>> = { darwin: 'macOS', linux: 'Linux', win32: 'Windows' };

/** The fields are the listener's own words: any of them may be missing, or be something else. */
export function factsOf({ metadata = {}, currentMode, currentBranch }: EnvironmentRecord): EnvironmentFacts {
  const os = textOf(metadata['os']);
  return {
    directory: textOf(metadata['workspace']) ?? textOf(metadata['workingDirectory']),
    version: textOf(metadata['listenerVersion']) ?? textOf(metadata['lettaCodeVersion']),
    system: os === undefined ? undefined : (SYSTEMS[os] ?? os),
    mode: currentMode,
    branch: currentBranch,
  };
}

/** Approvals that wait for a person there. While it is offline nobody can answer them. */
export function waitingIn({ connectionId, waitingApprovals = 0 }: EnvironmentRecord): number {
  return connectionId === null ? 0 : waitingApprovals;
}

/** @param count from 1 */
export function waitingText(count: number): string {
  return count === 1 ? 'an approval waits' : `${count} approvals wait`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

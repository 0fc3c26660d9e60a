import type { GitContext } from '../../protocol/index.js';

/** Digits of a commit that are shown where there is no branch. */
const SHORT_COMMIT = 7;

/**
 * Reads `git status --porcelain=v2 --branch -z`.
 *
 * @param newest local branches, those worked on last first
 * @param recent how many of them are shown
 */
export function readGitStatus(output: string, newest: readonly string[], recent: number): GitContext {
  const records = withoutOldNames(output.split('\0'));
  const header = (name: string): string | undefined => {
    const start = `# branch.${name} `;
    return records.find((record) => record.startsWith(start))?.slice(start.length);
  };
  const head = header('head') ?? '';
  const isDetached = head === '(detached)';
  const branch = isDetached ? (header('oid') ?? '').slice(0, SHORT_COMMIT) : head;
  const [, ahead, behind] = /^\+(\d+) -(\d+)$/.exec(header('ab') ?? '') ?? [];
  return {
    branch,
    recent_branches: newest.filter((name) => isDetached || name !== head).slice(0, recent),
    ...(isDetached ? { detached: true } : {}),
    changed: records.filter((record) => /^[12u] /.test(record)).length,
    untracked: records.filter((record) => record.startsWith('? ')).length,
    ...(ahead === undefined || behind === undefined ? {} : { ahead: Number(ahead), behind: Number(behind) }),
  };
}

/** A renamed file has its old name in a record of its own, which may look like any other. */
function withoutOldNames(records: readonly string[]): string[] {
  let isOldName = false;
  return records.filter((record) => {
    const isShown = !isOldName;
    isOldName = isShown && record.startsWith('2 ');
    return isShown;
  });
}

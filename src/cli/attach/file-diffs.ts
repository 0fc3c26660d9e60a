import { isRecord } from '../../protocol/index.js';
import type { Paint } from '../paint.js';
import { visible, visibleLine } from '../text.js';

/** Lines of one file's difference that are shown. */
const MAX_LINES = 200;

/**
 * The files that a tool changes, as a person reads them.
 *
 * @param diffs of a delta: `[{ path, patch?, created? }]`, where `patch` is a unified diff
 */
export function fileDiffs(diffs: unknown, paint: Paint): string {
  if (!Array.isArray(diffs)) return '';
  return diffs.flatMap((diff: unknown) => (isRecord(diff) ? fileDiff(diff, paint) : [])).join('\n');
}

function fileDiff({ path, patch, created }: Readonly<Record<string, unknown>>, paint: Paint): string[] {
  if (typeof path !== 'string') return [];
  const head = paint.strong(`${visibleLine(path)}${created === true ? ' (new)' : ''}`);
  if (typeof patch !== 'string') return [`${head}: it changes more than can be shown.`];
  const lines = patch.replace(/\n$/, '').split('\n');
  const hunks = lines.slice(
    Math.max(
      0,
      lines.findIndex((line) => line.startsWith('@@')),
    ),
  );
  const shown = hunks.slice(0, MAX_LINES).map((line) => paintLine(visible(line), paint));
  const rest = hunks.length - shown.length;
  return [head, ...shown, ...(rest > 0 ? [paint.faint(`… ${rest} more lines`)] : [])];
}

function paintLine(line: string, paint: Paint): string {
  if (line.startsWith('+')) return paint.added(line);
  if (line.startsWith('-')) return paint.removed(line);
  return line.startsWith('@@') ? paint.place(line) : line;
}

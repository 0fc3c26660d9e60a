import { useMemo } from 'preact/hooks';
import { LineList } from '../list/line-list.js';
import { visible } from '../text/visible.js';
import type { FileDiff } from '../transcript/tool-call.js';

/** Lines that are seen at once. */
const LINES = 24;

/** What a tool changes in one file. */
export function DiffView({ diff }: { readonly diff: FileDiff }) {
  const { path, patch, created } = diff;
  const lines = useMemo(() => linesOf(patch), [patch]);
  return (
    <figure class="diff">
      <figcaption>
        <bdi>{visible(path)}</bdi>
        {created && <span class="diff__new">new</span>}
      </figcaption>
      {patch === undefined ? (
        <p class="card__faint">It changes more than can be shown.</p>
      ) : (
        <LineList
          label={`Changes of ${path}`}
          count={lines.length}
          maxLines={LINES}
          follows={false}
          classOf={(line) => `diff__line--${kindOf(lines[line] ?? '')}`}
          render={(line) => visible(lines[line] ?? '')}
        />
      )}
    </figure>
  );
}

/** From the first hunk on: the lines before name the files once more. */
function linesOf(patch = ''): readonly string[] {
  const lines = patch.replace(/\n$/, '').split('\n');
  return lines.slice(
    Math.max(
      0,
      lines.findIndex((line) => line.startsWith('@@')),
    ),
  );
}

function kindOf(line: string): 'added' | 'removed' | 'place' | 'same' {
  if (line.startsWith('+')) return 'added';
  if (line.startsWith('-')) return 'removed';
  return line.startsWith('@@') ? 'place' : 'same';
}

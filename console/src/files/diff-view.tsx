import { lineDiff } from './line-diff.js';
import './diff-view.css';

interface DiffViewProps {
  readonly before: string;
  readonly after: string;
  /** What the two are, in words. */
  readonly label: string;
}

const MARKS = { same: ' ', added: '+', removed: '−' } as const;

/** What two texts differ in, by lines. */
export function DiffView({ before, after, label }: DiffViewProps) {
  const hunks = lineDiff(before, after);
  return (
    <div class="diff-view" role="region" tabIndex={0} aria-label={label}>
      <p class="diff-view__label">{label}</p>
      {hunks.length === 0 && <p class="diff-view__label">There is no difference.</p>}
      {hunks.map((hunk) => (
        <div class="diff-view__hunk" key={`${hunk[0]?.before} ${hunk[0]?.after}`}>
          {hunk.map(({ kind, text, before: old, after: fresh }) => (
            <div class={`diff-view__line diff-view__line--${kind}`} key={`${old} ${fresh}`}>
              <span class="diff-view__number">{old}</span>
              <span class="diff-view__number">{fresh}</span>
              <span class="diff-view__mark">{MARKS[kind]}</span>
              <code>{text}</code>
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

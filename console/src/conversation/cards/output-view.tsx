import { LineList } from '../list/line-list.js';
import { terminalLine } from '../text/terminal-text.js';
import { count } from '../text/amounts.js';
import type { LineBuffer } from '../transcript/line-buffer.js';

/** Lines that are seen at once. */
const LINES = 18;

interface OutputViewProps {
  readonly output: LineBuffer;
  /** Whether the end is what counts, as of a command: it is seen unless the reader has left it. */
  readonly fromEnd: boolean;
}

/** What a tool has written. */
export function OutputView({ output, fromEnd }: OutputViewProps) {
  if (output.length === 0) return null;
  return (
    <div class="output">
      {output.dropped > 0 && <p class="card__faint">{count(output.dropped, 'line')} before these were given up.</p>}
      <LineList
        label="Output"
        count={output.length}
        maxLines={LINES}
        follows={fromEnd}
        classOf={(line) => (output.line(line)?.stream === 'stderr' ? 'output__line--stderr' : '')}
        render={(line) =>
          terminalLine(output.line(line)?.text ?? '').map(({ text, style }) =>
            style === '' ? text : <span class={style}>{text}</span>,
          )
        }
      />
    </div>
  );
}

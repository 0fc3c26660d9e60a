import { visible } from '../text/visible.js';
import type { Raw } from '../transcript/read-fields.js';

/** Exactly what a tool is given: nothing in it may hide from the eye. */
export function GivenInput({
  input,
  command,
}: {
  readonly input: Raw | undefined;
  readonly command?: string | undefined;
}) {
  const { command: asked, cwd, ...rest } = input ?? {};
  const line = command ?? (typeof asked === 'string' ? asked : undefined);
  const others = line === undefined ? input : rest;
  return (
    <>
      {line !== undefined && (
        <pre class="given__command" tabIndex={0} role="group" aria-label="Command">
          {visible(line)}
        </pre>
      )}
      {line !== undefined && typeof cwd === 'string' && (
        <p class="given__place">
          in <code>{visible(cwd)}</code>
        </p>
      )}
      {others !== undefined && Object.keys(others).length > 0 && (
        <dl class="given__fields">
          {Object.entries(others).map(([name, value]) => (
            <div key={name}>
              <dt>{visible(name)}</dt>
              <dd>{visible(typeof value === 'string' ? value : JSON.stringify(value, null, 2))}</dd>
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

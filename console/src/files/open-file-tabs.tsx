import { IconButton } from '../ui/index.js';
import type { OpenFile } from './open-file.store.js';
import { nameOf } from './paths.js';

interface OpenFileTabsProps {
  readonly files: readonly OpenFile[];
  readonly active: OpenFile | undefined;
  readonly hrefOf: (path: string) => string;
  readonly onClose: (file: OpenFile) => void;
}

/** The files that are open. */
export function OpenFileTabs({ files, active, hrefOf, onClose }: OpenFileTabsProps) {
  if (files.length === 0) return null;
  return (
    <nav class="open-file-tabs" aria-label="Open files">
      <ul>
        {files.map((file) => (
          <li key={file.path} class={file === active ? 'open-file-tabs__tab--active' : undefined}>
            <a href={hrefOf(file.path)} title={file.path} aria-current={file === active ? 'page' : undefined}>
              {nameOf(file.path)}
              {file.isDirty.value && (
                <span class="open-file-tabs__dirty" title="Not saved">
                  <span class="visually-hidden"> not saved</span>
                </span>
              )}
            </a>
            <IconButton icon="close" label={`Close ${nameOf(file.path)}`} onClick={() => onClose(file)} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

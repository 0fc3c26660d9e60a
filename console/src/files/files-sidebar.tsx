import { useMemo } from 'preact/hooks';
import { IconButton } from '../ui/index.js';
import { BranchMenu } from './branch-menu.js';
import { FileTree } from './file-tree.js';
import type { FilesStore } from './files.store.js';
import { GrepPanel } from './grep-panel.js';
import { TreeSelection } from './tree-selection.js';

interface FilesSidebarProps {
  readonly store: FilesStore;
  readonly onOpen: (path: string, line?: number) => void;
  readonly onFind: () => void;
  readonly onBranch: (branch: string) => void;
}

/** The ways to a file: the tree, its name, and what it holds. */
export function FilesSidebar({ store, onOpen, onFind, onBranch }: FilesSidebarProps) {
  const { tree, side, files, grep, branches } = store;
  const selection = useMemo(() => new TreeSelection(tree, (path) => onOpen(path)), [tree]);
  const isSearching = side.value === 'search';
  return (
    <div class="files-sidebar">
      <div class="files-sidebar__bar" role="toolbar" aria-label="Files">
        <button
          type="button"
          class="files-sidebar__side"
          aria-pressed={!isSearching}
          onClick={() => (side.value = 'tree')}
        >
          Files
        </button>
        <button
          type="button"
          class="files-sidebar__side"
          aria-pressed={isSearching}
          onClick={() => (side.value = 'search')}
        >
          Search
        </button>
        <span class="files-sidebar__gap" />
        <BranchMenu branches={branches} mayChange={!branches.isBusy.value} onChange={onBranch} />
        <IconButton icon="search" label="Open a file by its name (Ctrl P)" onClick={onFind} />
        <IconButton icon="refresh" label="Look again" onClick={() => void store.refresh()} />
      </div>
      {isSearching ? (
        <GrepPanel grep={grep} onOpen={onOpen} />
      ) : (
        <FileTree tree={tree} selection={selection} current={files.active.value?.path} />
      )}
    </div>
  );
}

import { Icon, Menu, type MenuEntry } from '../ui/index.js';
import type { BranchesStore } from './branches.store.js';

/** Branches that the menu shows; the conversation finds others. */
const MAX_SHOWN = 12;

interface BranchMenuProps {
  readonly branches: BranchesStore;
  readonly mayChange: boolean;
  readonly onChange: (branch: string) => void;
}

/** The branch that the workspace is on, and a way to others. */
export function BranchMenu({ branches, mayChange, onChange }: BranchMenuProps) {
  const { value: current } = branches.current;
  if (current === undefined) return null;
  const label = (
    <span class="branch-menu">
      <Icon name="branch" size={13} />
      <span class="branch-menu__name">{current}</span>
    </span>
  );
  if (!mayChange) return label;
  const entries = branches.branches.value.slice(0, MAX_SHOWN).map(({ name, is_current }): MenuEntry => {
    return { label: name, checked: is_current, run: () => onChange(name) };
  });
  return <Menu label={`Branch ${current}`} button={label} entries={entries} />;
}

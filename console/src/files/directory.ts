import type { AnswerOf } from 'twinlane/client';
import { childOf, isHidden } from './paths.js';

/** A name in a directory. */
export interface Entry {
  readonly path: string;
  readonly name: string;
  readonly isFolder: boolean;
  readonly isHidden: boolean;
}

/** A directory, as far as it was read. */
export interface Directory {
  readonly isOpen: boolean;
  readonly isReading: boolean;
  /** Undefined until it was read once. */
  readonly entries: readonly Entry[] | undefined;
  readonly hasMore: boolean;
  /** How many there are, where the device says so. */
  readonly total: number | undefined;
  /** Why it could not be read, the last time. */
  readonly problem: string | undefined;
}

export const UNREAD: Directory = {
  isOpen: false,
  isReading: false,
  entries: undefined,
  hasMore: false,
  total: undefined,
  problem: undefined,
};

/** The entries of one answer, folders first. */
export function entriesOf(directory: string, { folders, files = [] }: AnswerOf<'list_in_directory'>): Entry[] {
  const entry =
    (isFolder: boolean) =>
    (name: string): Entry => {
      const path = childOf(directory, name);
      return { path, name, isFolder, isHidden: isHidden(path) };
    };
  return [...folders.map(entry(true)), ...files.map(entry(false))];
}

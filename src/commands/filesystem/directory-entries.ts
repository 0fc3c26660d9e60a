import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Workspace } from '../../workspace/index.js';

export interface DirectoryEntries {
  /** Names, sorted; links to directories of the workspace among them. */
  readonly folders: readonly string[];
  /** Names of everything else, sorted. */
  readonly files: readonly string[];
  /** Those of `folders` that are links: following them could go round in circles. */
  readonly links: ReadonlySet<string>;
}

/**
 * What the device does not keep to itself.
 *
 * @param directory a real path inside the workspace
 */
export async function directoryEntries(workspace: Workspace, directory: string): Promise<DirectoryEntries> {
  const folders: string[] = [];
  const files: string[] = [];
  const links = new Set<string>();
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (workspace.denies(path.join(directory, entry.name))) continue;
    const isFolder = entry.isDirectory() || (await isLinkToFolder(workspace, directory, entry));
    (isFolder ? folders : files).push(entry.name);
    if (isFolder && entry.isSymbolicLink()) links.add(entry.name);
  }
  return { folders: folders.toSorted(), files: files.toSorted(), links };
}

async function isLinkToFolder(workspace: Workspace, directory: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return false;
  try {
    const target = await stat(await workspace.resolve(path.join(directory, entry.name)));
    return target.isDirectory();
  } catch {
    // A link to nothing, in a circle or out of the workspace: shown like a file, whose reading says what is wrong.
    return false;
  }
}

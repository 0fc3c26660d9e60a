import { access } from 'node:fs/promises';
import path from 'node:path';

/** Whether a directory, or one above it, is a repository. */
export async function isInRepository(directory: string): Promise<boolean> {
  const parent = path.dirname(directory);
  const isHere = await access(path.join(directory, '.git')).then(
    () => true,
    () => false,
  );
  return isHere || (parent !== directory && isInRepository(parent));
}

import { execFileSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** When a file was written, in epoch ms; 0 when it is not there. */
async function written(file: string): Promise<number> {
  return stat(new URL(file, import.meta.url)).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  );
}

/** Installs the stock packages when they are missing or older than the lock file. None of their scripts is run. */
export default async function setup(): Promise<void> {
  if ((await written('node_modules/.package-lock.json')) >= (await written('package-lock.json'))) return;
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'inherit' });
}

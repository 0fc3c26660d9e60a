import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';

/** Where README and docs look for them. */
const FOLDER = fileURLToPath(new URL('../../docs/pictures/', import.meta.url));
/** Of what is not moving: text stays sharp, and a picture is some ten kilobytes. */
const QUALITY = '82';
/** The longest that one frame of an animated picture stands, in ms. */
const LONGEST_FRAME_MS = 1_600;

/** Writes a picture of a page as it is now. */
export async function takePicture(page: Page, name: string): Promise<void> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'twinlane-picture-'));
  try {
    const png = path.join(scratch, 'picture.png');
    await page.screenshot({ path: png, animations: 'disabled', caret: 'hide' });
    await webp('cwebp', ['-quiet', '-preset', 'text', '-q', QUALITY, '-m', '6', png, '-o', fileOf(name)]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await say(name);
}

/** An animated picture: frames are taken as long as `during` runs, those that show nothing new are left out. */
export async function takeFilm(page: Page, name: string, during: () => Promise<void>): Promise<void> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'twinlane-film-'));
  try {
    const frames: { readonly file: string; readonly at: number }[] = [];
    const film = { isOver: false };
    let last: Buffer | undefined;
    const camera = (async () => {
      while (!film.isOver) {
        const at = Date.now();
        const picture = await page.screenshot({ caret: 'hide' });
        if (last?.equals(picture)) continue;
        last = picture;
        const file = path.join(scratch, `${String(frames.length).padStart(4, '0')}.png`);
        await writeFile(file, picture);
        frames.push({ file, at });
      }
    })();
    await during().finally(() => (film.isOver = true));
    await camera;
    const shown = frames.flatMap(({ file, at }, i) => {
      const next = frames[i + 1]?.at ?? at + 2 * LONGEST_FRAME_MS;
      const ms = i === frames.length - 1 ? next - at : Math.min(LONGEST_FRAME_MS, next - at);
      return ['-d', String(Math.max(20, Math.round(ms))), file];
    });
    await webp('img2webp', ['-loop', '0', '-min_size', '-lossy', '-q', '55', '-m', '4', ...shown, '-o', fileOf(name)]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  await say(name);
}

function fileOf(name: string): string {
  return path.join(FOLDER, `${name}.webp`);
}

async function say(name: string): Promise<void> {
  const { size } = await stat(fileOf(name));
  process.stdout.write(`docs/pictures/${name}.webp  ${Math.round(size / 1_024)} KiB\n`);
}

/** @throws where Debian's package `webp`, or another that has the same programs, is not installed */
async function webp(program: 'cwebp' | 'img2webp', args: readonly string[]): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  try {
    execFileSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`Pictures are made by ${program}: install the package webp (apt-get install webp).`, {
      cause: error,
    });
  }
}

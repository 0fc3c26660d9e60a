import { beforeEach, describe, expect, it } from 'vitest';
import { FakeAttachment, FakeDisk, refused } from '../../../test/kit/fake-attachment.js';
import { PIECE_BYTES } from './file-content.js';
import { OpenFile } from './open-file.store.js';
import { OpenFilesStore } from './open-files.store.js';

/** A busy machine may take its time. */
const PATIENTLY = { timeout: 60_000 };

let disk: FakeDisk;
let device: FakeAttachment;

beforeEach(() => {
  disk = new FakeDisk({ 'a.txt': 'one\ntwo\n', 'bin.dat': '\x00\xff\x01', 'pixel.png': '\x89PNG\xff' });
  device = disk.serve(new FakeAttachment());
});

async function opened(path = 'a.txt'): Promise<OpenFile> {
  const file = new OpenFile(path, device);
  await file.reload();
  return file;
}

describe('reading', () => {
  it('shows text, images, and the bytes of anything else', async () => {
    expect((await opened()).content.value).toMatchObject({ kind: 'text', text: 'one\ntwo\n', size: 8 });
    expect((await opened('bin.dat')).content.value).toMatchObject({ kind: 'binary', size: 3 });
    const url = `data:image/png;base64,${Buffer.from('\x89PNG\xff', 'latin1').toString('base64')}`;
    expect((await opened('pixel.png')).content.value).toEqual({ kind: 'image', url, size: 5 });
  });

  it('says in the words of the device why it cannot', async () => {
    const file = await opened('none');
    expect(file.problem.value).toBe("ENOENT: no such file or directory, open 'none'");
    expect(file.content.value).toBeUndefined();
  });

  it('reads long texts in pieces, as far as the line that is wanted', async () => {
    disk.files.set('long.txt', 'x'.repeat(99).concat('\n').repeat(30_000));
    const file = await opened('long.txt');
    expect(file.isWhole.value).toBe(false);
    await file.goTo(5);
    expect(file.content.value).toMatchObject({ read: PIECE_BYTES });
    await file.goTo(20_000);
    expect(file.content.value).toMatchObject({ read: 2 * PIECE_BYTES });
    expect(file.goal.value).toEqual({ line: 20_000 });
    await file.readOn();
    expect(file.isWhole.value).toBe(true);
    expect(file.text).toHaveLength(3_000_000);
  });
});

describe('editing', () => {
  it('knows whether something is typed that is not on the device', async () => {
    const file = await opened();
    file.edit('other');
    expect(file.isDirty.value).toBe(true);
    file.edit('one\ntwo\n');
    expect(file.isDirty.value).toBe(false);
  });

  it('writes over what was read', async () => {
    const file = await opened();
    file.edit('mine');
    expect(await file.save()).toBe(true);
    expect(disk.files.get('a.txt')).toBe('mine');
    file.edit('mine again');
    expect(await file.save()).toBe(true);
    expect(file.isDirty.value).toBe(false);
  });

  it('keeps what was typed while it was being written', async () => {
    const file = await opened();
    file.edit('mine');
    const saving = file.save();
    file.edit('mine, and more');
    await saving;
    expect(file.draft.value).toBe('mine, and more');
  });

  it.each([true, false])(
    'writes nothing over what has changed since (a device with hashes: %j)',
    async (knowsHashes) => {
      disk.knowsHashes = knowsHashes;
      const file = await opened();
      file.edit('mine');
      disk.files.set('a.txt', 'theirs');
      expect(await file.save()).toBe(false);
      expect(disk.files.get('a.txt')).toBe('theirs');
      expect(file.conflict.value).toMatchObject({ theirs: 'theirs', isGone: false });
      expect(file.draft.value).toBe('mine');
      expect(await file.overwrite()).toBe(true);
      expect(disk.files.get('a.txt')).toBe('mine');
      expect(file.conflict.value).toBeUndefined();
    },
  );

  it('overwrites what the conflict has shown, and nothing newer', async () => {
    const file = await opened();
    file.edit('mine');
    disk.files.set('a.txt', 'theirs');
    await file.save();
    disk.files.set('a.txt', 'theirs again');
    expect(await file.overwrite()).toBe(false);
    expect(file.conflict.value).toMatchObject({ theirs: 'theirs again' });
    await file.reload();
    expect(file).toMatchObject({ text: 'theirs again' });
    expect(file.conflict.value).toBeUndefined();
  });

  it('sees what somebody writes between its own writing and the answer', async () => {
    const file = await opened();
    device.on('write_file', async () => {
      disk.files.set('a.txt', 'theirs');
      await file.changedOnDisk();
      return {};
    });
    file.edit('mine');
    expect(await file.save()).toBe(true);
    await expect.poll(() => file.text, PATIENTLY).toBe('theirs');
  });

  it('makes a file anew that is gone, if that is wanted', async () => {
    const file = await opened();
    file.edit('mine');
    disk.files.delete('a.txt');
    await file.changedOnDisk();
    expect(file.conflict.value).toMatchObject({ isGone: true });
    expect(await file.save()).toBe(false);
    expect(await file.overwrite()).toBe(true);
    expect(disk.files.get('a.txt')).toBe('mine');
  });

  it('looks whether it was written, where the answer is lost', async () => {
    const file = await opened();
    device.on('write_file', ({ content }) => {
      disk.files.set('a.txt', String(content));
      throw refused('OUTCOME_UNKNOWN', 'It may or may not have run.');
    });
    file.edit('mine');
    expect(await file.save()).toBe(true);
    device.on('write_file', () => Promise.reject(refused('OUTCOME_UNKNOWN', 'It may or may not have run.')));
    file.edit('more');
    expect(await file.save()).toBe(false);
    expect(file.problem.value).toBe('It may or may not have run.');
    expect(file.draft.value).toBe('more');
    expect(file.conflict.value).toBeUndefined();
  });

  it('shows what the device says when it refuses, and keeps what is typed', async () => {
    const file = await opened();
    device.on('write_file', () => Promise.reject(refused('ACCESS_REFUSED', 'The mode is strict.')));
    file.edit('mine');
    expect(await file.save()).toBe(false);
    expect(file.problem.value).toBe('The mode is strict.');
    expect(file.draft.value).toBe('mine');
  });
});

describe('open files', () => {
  let files: OpenFilesStore;
  beforeEach(() => {
    files = new OpenFilesStore(device);
  });

  it('are opened once, and watched before they are read', async () => {
    await files.open('a.txt');
    await files.open('bin.dat');
    await files.open('a.txt');
    expect(files.files.value.map(({ path }) => path)).toEqual(['a.txt', 'bin.dat']);
    expect(files.active.value?.path).toBe('a.txt');
    expect(device.sent.slice(0, 2).map(({ type }) => type)).toEqual(['watch_file', 'read_file']);
  });

  it('are read again when they change, unless something is typed in them', async () => {
    await files.open('a.txt');
    const file = files.active.value;
    const following = files.follow(device.frames());
    const told = async (): Promise<void> => {
      const reads = device.of('read_file').length;
      device.tell({ type: 'file_changed', path: 'a.txt', lastModified: 1 });
      await expect.poll(() => device.of('read_file').length, PATIENTLY).toBeGreaterThan(reads);
      await expect.poll(() => file?.isReading.value, PATIENTLY).toBe(false);
    };
    disk.files.set('a.txt', 'theirs');
    await told();
    expect(file?.text).toBe('theirs');
    file?.edit('mine');
    await told();
    expect(file?.conflict.value).toBeUndefined();
    disk.files.set('a.txt', 'theirs again');
    await told();
    expect(file?.conflict.value).toMatchObject({ theirs: 'theirs again' });
    expect(files.dirty.value).toEqual([file]);
    device.end();
    await following;
  });

  it('say where they are not watched', async () => {
    device.on('watch_file', () => Promise.reject(refused('TOO_MANY', '256 files are watched already')));
    await files.open('a.txt');
    expect(files.active.value?.unwatched.value).toBe('256 files are watched already');
    expect(files.active.value?.text).toBe('one\ntwo\n');
  });

  it('are unwatched when they are closed', async () => {
    await files.open('a.txt');
    await files.open('bin.dat');
    const [first, second] = files.files.value;
    if (second) files.close(second);
    expect(files.active.value).toBe(first);
    if (first) files.close(first);
    expect(files.active.value).toBeUndefined();
    expect(device.of('unwatch_file').map(({ path }) => path)).toEqual(['bin.dat', 'a.txt']);
  });
});

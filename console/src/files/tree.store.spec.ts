import { beforeEach, describe, expect, it } from 'vitest';
import { FakeAttachment, FakeDisk, refused } from '../../../test/kit/fake-attachment.js';
import { TreeSelection } from './tree-selection.js';
import { PAGE_ENTRIES, TreeStore } from './tree.store.js';

let disk: FakeDisk;
let device: FakeAttachment;
let tree: TreeStore;
const shown = (): string[] =>
  tree.rows.value.map((row) => `${'  '.repeat(row.depth)}${row.kind === 'entry' ? row.entry.name : row.text}`);

beforeEach(() => {
  disk = new FakeDisk({ 'src/main.ts': '', 'src/lib/a.ts': '', '.env': '', 'README.md': '', 'rest.md': '' });
  device = disk.serve(new FakeAttachment());
  tree = new TreeStore(device);
});

describe('a tree', () => {
  it('reads what is opened, and nothing else', async () => {
    await tree.open('.');
    expect(shown()).toEqual(['src', '.env', 'README.md', 'rest.md']);
    expect(device.of('list_in_directory')).toHaveLength(1);
    await tree.open('src');
    expect(shown()).toEqual(['src', '  lib', '  main.ts', '.env', 'README.md', 'rest.md']);
    await tree.toggle('src');
    expect(shown()).toEqual(['src', '.env', 'README.md', 'rest.md']);
  });

  it('marks hidden names and says where each stands', async () => {
    await tree.open('.');
    expect(tree.rows.value[1]).toMatchObject({ entry: { isHidden: true }, position: 2, siblings: 4 });
  });

  it('opens the way to a file', async () => {
    await tree.reveal('src/lib/a.ts');
    expect(shown().slice(0, 3)).toEqual(['src', '  lib', '    a.ts']);
  });

  it('reads large directories in pages, and as much again when it looks again', async () => {
    for (let index = 0; index < PAGE_ENTRIES * 2; index++) disk.files.set(`many/${index}`, '');
    await tree.open('.');
    await tree.open('many');
    expect(tree.directory('many').entries).toHaveLength(PAGE_ENTRIES);
    expect(tree.rows.value.find(({ kind }) => kind === 'more')).toMatchObject({ text: `${PAGE_ENTRIES} more…` });
    await tree.more('many');
    expect(tree.directory('many')).toMatchObject({ hasMore: false });
    await tree.refresh();
    expect(tree.directory('many').entries).toHaveLength(PAGE_ENTRIES * 2);
  });

  it('says why a directory cannot be read, and keeps what it showed', async () => {
    await tree.open('.');
    device.on('list_in_directory', () => Promise.reject(refused('DEVICE_OFFLINE', 'The device is offline.')));
    await tree.refresh();
    expect(shown()).toEqual(['The device is offline.', 'src', '.env', 'README.md', 'rest.md']);
  });

  it('sees what came and went', async () => {
    await tree.open('.');
    await tree.open('src');
    disk.files.delete('src/main.ts');
    disk.files.delete('src/lib/a.ts');
    disk.files.set('new.ts', '');
    await tree.refresh();
    expect(shown().filter((name) => !name.startsWith('ENOENT'))).toEqual(['.env', 'README.md', 'new.ts', 'rest.md']);
  });

  it('a look at everything does not take the place of a further page that is being read', async () => {
    for (let index = 0; index < PAGE_ENTRIES * 2; index++) disk.files.set(`${index}`, '');
    await tree.open('.');
    const more = tree.more('.');
    await tree.refresh();
    await more;
    expect(tree.directory('.').entries?.length).toBeGreaterThan(PAGE_ENTRIES);
  });

  it('drops an answer that a newer reading has overtaken', async () => {
    const answers: ((answer: object) => void)[] = [];
    device.on('list_in_directory', () => new Promise((resolve) => answers.push(resolve)));
    const first = tree.open('.');
    const second = tree.open('.');
    answers[1]?.({ folders: [], files: ['new'], hasMore: false });
    await second;
    answers[0]?.({ folders: [], files: ['old'], hasMore: false });
    await first;
    expect(shown()).toEqual(['new']);
  });
});

describe('the keyboard in a tree', () => {
  let opened: string[];
  let selection: TreeSelection;
  let now: number;
  const press = (...keys: string[]): string | undefined => {
    for (const key of keys) selection.key(key, now);
    return selection.row.value?.key;
  };

  beforeEach(async () => {
    opened = [];
    now = 0;
    selection = new TreeSelection(tree, (path) => opened.push(path));
    await tree.open('.');
  });

  it('goes up and down, to both ends, and not beyond', () => {
    expect(press('ArrowDown')).toBe('.env');
    expect(press('ArrowUp', 'ArrowUp')).toBe('src');
    expect(press('End', 'ArrowDown')).toBe('rest.md');
    expect(press('Home')).toBe('src');
    expect(selection.key('Tab', 0)).toBe(false);
  });

  it('goes into folders and out of them', async () => {
    press('ArrowRight');
    await tree.open('src');
    expect(press('ArrowRight')).toBe('src/lib');
    expect(press('ArrowLeft')).toBe('src');
    press('ArrowLeft');
    expect(shown()).toHaveLength(4);
  });

  it('opens files with Enter', () => {
    press('End', 'Enter');
    expect(opened).toEqual(['rest.md']);
  });

  it('finds names by their letters; the same letter again goes on', () => {
    expect(press('r')).toBe('README.md');
    now += 100;
    expect(press('r')).toBe('rest.md');
    now += 1_000;
    expect(press('r', 'e', 's')).toBe('rest.md');
    now += 1_000;
    expect(press('z')).toBe('rest.md');
  });
});

import { describe, expect, it } from 'vitest';
import { editedPath, FileWatches } from './file-watches.js';

describe('FileWatches', () => {
  const [a, b] = [{ name: 'a' }, { name: 'b' }];

  it('lets the last to leave unwatch', () => {
    const watches = new FileWatches();
    watches.watch(a, '/x');
    watches.watch(b, '/x');
    watches.watch(b, '/y');
    expect(watches.unwatch(a, '/x')).toBe(false);
    expect(watches.watchersOf('/x')).toEqual([b]);
    expect(watches.leave(b)).toEqual(['/x', '/y']);
    expect(watches.watchedPaths).toEqual([]);
  });

  it('knows who watches or edits a path, each once', () => {
    const watches = new FileWatches();
    watches.watch(a, '/x');
    watches.edit(a, '/x');
    watches.edit(b, '/x');
    expect(watches.concerned('/x')).toEqual([a, b]);
    watches.leave(b);
    expect(watches.concerned('/x')).toEqual([a]);
    expect(watches.concerned(7)).toEqual([]);
  });

  it('reads the path of edits only', () => {
    expect(editedPath({ type: 'edit_file', file_path: '/x', path: '/y' })).toBe('/x');
    expect(editedPath({ type: 'write_file', path: '/y' })).toBe('/y');
    expect(editedPath({ type: 'read_file', path: '/y' })).toBeUndefined();
  });
});

import { expect, it } from 'vitest';
import { diskTrouble } from './disk-trouble.js';

const coded = (code: unknown): Error => Object.assign(new Error('it failed'), { code });

it.each([
  ['ENOSPC', 'the disk is full', true],
  ['SQLITE_FULL', 'the disk is full', true],
  ['SQLITE_IOERR_WRITE', 'the disk is full, or fails', true],
  ['SQLITE_READONLY_DIRECTORY', 'it is read-only', false],
  ['EROFS', 'it is read-only', false],
  ['EACCES', 'the rights do not allow it', false],
  ['ENOTDIR', 'a file stands where a directory should be', false],
])('C32 tells what %s means for the disk', (code, why, retriable) => {
  expect(diskTrouble(coded(code))).toMatchObject({ why, retriable });
});

it.each([coded('ENOENT'), coded('SQLITE_NOTADB'), coded(5), new Error('no code'), 'no error'])(
  'leaves other errors to others: %s',
  (error) => expect(diskTrouble(error)).toBeUndefined(),
);

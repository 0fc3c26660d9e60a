/** Why nothing can be written, for people. */
export interface DiskTrouble {
  /** A clause: `the disk is full`. */
  readonly why: string;
  /** What helps: `Make room`. */
  readonly todo: string;
  /** Whether trying again may help though nobody changes a setting or a file: room comes back, rights do not. */
  readonly retriable: boolean;
}

const FULL: DiskTrouble = { why: 'the disk is full', todo: 'Make room', retriable: true };
const FAILS: DiskTrouble = {
  why: 'the disk is full, or fails',
  todo: 'Make room, or look at the disk',
  retriable: true,
};
const READ_ONLY: DiskTrouble = { why: 'it is read-only', todo: 'Make it writable', retriable: false };
const RIGHTS: DiskTrouble = { why: 'the rights do not allow it', todo: 'Correct them', retriable: false };
const FILE_THERE: DiskTrouble = {
  why: 'a file stands where a directory should be',
  todo: 'Move it away',
  retriable: false,
};
const DIRECTORY_THERE: DiskTrouble = {
  why: 'a directory stands where a file should be',
  todo: 'Move it away',
  retriable: false,
};

/** By the code of the operating system, or how SQLite's begins. */
const BY_CODE: Readonly<Record<string, DiskTrouble>> = {
  ENOSPC: FULL,
  EDQUOT: FULL,
  SQLITE_FULL: FULL,
  EIO: FAILS,
  SQLITE_IOERR: FAILS,
  EROFS: READ_ONLY,
  SQLITE_READONLY: READ_ONLY,
  EACCES: RIGHTS,
  EPERM: RIGHTS,
  ENOTDIR: FILE_THERE,
  EEXIST: FILE_THERE,
  EISDIR: DIRECTORY_THERE,
};

/** What an error says of the disk; undefined when it is about something else. */
export function diskTrouble(error: unknown): DiskTrouble | undefined {
  const code = codeOf(error);
  // Of SQLite's codes the longer ones say more: SQLITE_IOERR_WRITE.
  return BY_CODE[code] ?? BY_CODE[code.split('_', 2).join('_')];
}

/** Empty where an error has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

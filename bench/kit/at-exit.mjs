// What a bench has made on this machine and must take away again, however it ends: normally, by an error, or by Ctrl-C.
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import path from 'node:path';

/** Newest first: a process ends before what it runs in goes. */
const undos = [];

process.on('exit', () => {
  for (const undo of undos.splice(0)) {
    try {
      undo();
    } catch (error) {
      process.stderr.write(`${error.message}\n`);
    }
  }
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => process.exit(128 + constants.signals[signal]));

/** Runs `undo`, which must not wait for anything, when this process ends. @returns runs it now, and not again */
export function atExit(undo) {
  undos.unshift(undo);
  return () => {
    const index = undos.indexOf(undo);
    if (index < 0) return;
    undos.splice(index, 1);
    undo();
  };
}

/** A directory that goes with this process. */
export function temporaryDirectory(parent = tmpdir()) {
  const directory = mkdtempSync(path.join(parent, 'twinlane-bench-'));
  atExit(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

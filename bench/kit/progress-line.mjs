// What a long bench is at: one line that is written over on a terminal, else a line now and then.
const PLAIN_EVERY_MS = 5_000;

let said = -Infinity;
let isOpen = false;

/** Shows where a phase stands. */
export function showProgress(text) {
  if (process.stderr.isTTY) {
    process.stderr.write(`\r\u001B[K${text.slice(0, process.stderr.columns - 1)}`);
    isOpen = true;
    return;
  }
  if (performance.now() - said < PLAIN_EVERY_MS) return;
  said = performance.now();
  process.stderr.write(`${text}\n`);
}

/** Says how a phase ended, and leaves that standing. */
export function endProgress(text) {
  process.stderr.write(`${isOpen ? '\r\u001B[K' : ''}${text}\n`);
  isOpen = false;
  said = -Infinity;
}

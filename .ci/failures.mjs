// Names what failed in JSON reports of vitest, and what passed only when it was run again: node .ci/failures.mjs <report>…
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const MESSAGE_LINES = 12;

/** The first lines of a message, without those of its stack that lead through the test runner. */
function excerpt(message = '') {
  const lines = stripVTControlCharacters(message).trimEnd().split('\n');
  const telling = lines.filter((line) => !line.includes('/node_modules/')).slice(0, MESSAGE_LINES);
  return telling.map((line) => `     ${line}`).join('\n');
}

for (const report of process.argv.slice(2)) {
  const run = path.basename(report, '.json');
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  if (testResults === undefined) console.log(`!! ${run}: ended without a report`);
  for (const { name, status, message, assertionResults } of testResults ?? []) {
    const file = path.relative(process.cwd(), name);
    const failed = assertionResults.filter((test) => test.status === 'failed');
    for (const { fullName, failureMessages } of failed)
      console.log(`!! ${run}: ${file}: ${fullName}\n${excerpt(failureMessages[0])}`);
    const unsteady = assertionResults.filter((test) => test.status === 'passed' && test.failureMessages.length > 0);
    for (const { fullName, failureMessages } of unsteady)
      console.log(`?? ${run}: ${file}: ${fullName}: passed only when run again\n${excerpt(failureMessages[0])}`);
    if (status === 'failed' && failed.length === 0)
      console.log(`!! ${run}: ${file} failed as a whole\n${excerpt(message)}`);
  }
}

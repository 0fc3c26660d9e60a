import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

// node test/fuzz/main.mjs --minutes 60 [--seed N]: fuzzes for so long; what it finds is printed, and makes it exit with 1.

const USAGE = 'npm run fuzz -- [--minutes M] [--seed N] [--help]';
const MOST_SEED = 2 ** 31 - 1;
const EXIT_USAGE = 2;

/** @throws Error that says what is wrong */
function whole(name, text, most) {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > most)
    throw new Error(`--${name} must be a whole number from 0 to ${most}, not "${text}".`);
  return value;
}

function options() {
  try {
    const { values } = parseArgs({
      options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string' }, help: { type: 'boolean' } },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    const seed = values.seed === undefined ? randomInt(MOST_SEED) : whole('seed', values.seed, MOST_SEED);
    return { minutes: whole('minutes', values.minutes, 7 * 24 * 60), seed };
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(EXIT_USAGE);
  }
}

const { minutes, seed } = options();
console.log(`seed ${seed}, ${minutes} minutes`);
const config = fileURLToPath(new URL('vitest.config.ts', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const vitest = fileURLToPath(new URL('vitest.mjs', import.meta.resolve('vitest/package.json')));
const child = spawn(process.execPath, [vitest, 'run', '--config', config, '--root', root], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_SEED: String(seed), FUZZ_MINUTES: String(minutes) },
});
child.on('close', (code) => process.exit(code ?? 1));

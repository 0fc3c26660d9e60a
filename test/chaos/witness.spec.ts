import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../kit/cli.js';
import { numbersBefore, processOf, readWitness, WitnessFile } from './witness.js';

it('reads what two processes have written, and refuses half a line', async () => {
  const directory = await temporaryDirectory();
  const file = path.join(directory.path, 'witness');
  const first = { runtime: 0, number: numbersBefore(0) + 1, epoch: 'e1', seq: 4, at: 1_000 };
  const second = { runtime: 2, number: numbersBefore(1) + 1, epoch: 'e2', seq: 5, at: 2_000 };
  new WitnessFile(file).append(first);
  new WitnessFile(file).append(second);
  expect(readWitness(file)).toEqual([first, second]);
  expect([first, second].map(({ number }) => processOf(number))).toEqual([0, 1]);
  appendFileSync(file, '0 17');
  expect(() => readWitness(file)).toThrow('half a line');
  await directory.remove();
});

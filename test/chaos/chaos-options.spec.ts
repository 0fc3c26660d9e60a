import { expect, it } from 'vitest';
import { readChaosOptions, wantsUsage } from './chaos-options.js';

it('reads its arguments', () => {
  expect(readChaosOptions(['--seed', '7', '--seconds', '20', '--devices', '3', '--clients', '1'])).toEqual({
    seed: 7,
    seconds: 20,
    devices: 3,
    clients: 1,
    engine: 'embedded',
    nodes: 1,
    reference: undefined,
    plant: undefined,
    keeps: false,
  });
  expect(readChaosOptions(['--reference', 'plain', '--plant', 'tail', '--keep'])).toMatchObject({
    keeps: true,
    reference: 'plain',
    plant: 'tail',
  });
});

it('takes three nodes over NATS, or as many as are wanted', () => {
  expect(readChaosOptions(['--engine', 'nats'])).toMatchObject({ engine: 'nats', nodes: 3 });
  expect(readChaosOptions(['--engine', 'nats', '--nodes', '1'])).toMatchObject({ engine: 'nats', nodes: 1 });
});

it('draws a seed where none is given', () => {
  expect(readChaosOptions([]).seed).not.toBe(readChaosOptions([]).seed);
});

it.each([
  ['--seed', '-1'],
  ['--seconds', 'a'],
  ['--plant', 'other'],
  ['--reference', 'other'],
  ['--engine', 'other'],
  ['--nodes', '0'],
  ['--nodes', '3'],
  ['--engine', 'embedded', '--nodes', '2'],
  ['--other', '1'],
])('refuses %s %s %s %s', (...args) => {
  expect(() => readChaosOptions(args)).toThrow(/--|option/i);
});

it('shows its usage without more', () => {
  expect([wantsUsage(['--help']), wantsUsage(['--seed', '1'])]).toEqual([true, false]);
});

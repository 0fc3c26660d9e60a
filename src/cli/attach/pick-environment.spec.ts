import { expect, it } from 'vitest';
import { environmentRecord } from '../../../test/kit/fake-client-relay.js';
import { CliError } from '../cli.error.js';
import { pickEnvironment } from './pick-environment.js';

const laptop = environmentRecord('a', 'laptop');
const server = environmentRecord('b', 'server');
const old = environmentRecord('c', 'old', false);
const oldLaptop = environmentRecord('d', 'laptop', false);

function refusal(...[all, wanted]: Parameters<typeof pickEnvironment>): { exitCode: number; message: string } {
  try {
    pickEnvironment(all, wanted);
  } catch (error) {
    if (error instanceof CliError) return { exitCode: error.exitCode, message: error.message };
    throw error;
  }
  throw new Error('nothing was refused');
}

it('takes the only one online', () => {
  expect(pickEnvironment([old, laptop], undefined)).toBe(laptop);
});

it('finds one by name, id, connection or device', () => {
  for (const wanted of ['server', 'b', 'conn-b', 'device-b'])
    expect(pickEnvironment([laptop, server], wanted)).toBe(server);
});

it('prefers the one online where a name is taken twice', () => {
  expect(pickEnvironment([oldLaptop, laptop], 'laptop')).toBe(laptop);
});

it('lists them where several are meant', () => {
  const choose = 'choose one with --environment:\n    laptop  a\n    server  b';
  expect(refusal([laptop, server, old], undefined)).toEqual({
    exitCode: 2,
    message: `Several environments are online; ${choose}`,
  });
  const twin = { ...server, connectionName: 'laptop' };
  expect(refusal([laptop, twin], 'laptop').message).toBe(
    'Several environments are called "laptop"; choose one by id with --environment:\n    laptop  a\n    laptop  b',
  );
});

it('says that nobody is there', () => {
  expect(refusal([old], undefined)).toMatchObject({
    exitCode: 69,
    message: expect.stringContaining('npx twinlane listen') as string,
  });
  expect(refusal([old], 'old')).toMatchObject({
    exitCode: 69,
    message: 'The environment "old" is offline. Start its listener: npx twinlane listen',
  });
  expect(refusal([], 'any')).toEqual({
    exitCode: 2,
    message: 'No environment is called "any". Known here:\n    (none)',
  });
});

it('says why the one that is meant is offline, where the relay does', () => {
  const stopped = { ...old, offlineReason: 'stopped' } as const;
  expect(refusal([stopped, oldLaptop], 'old').message).toBe(
    'The environment "old" is offline: its listener was stopped. Start its listener: npx twinlane listen',
  );
  expect(refusal([stopped], undefined).message).toBe(
    'No environment is online. "old" is offline: its listener was stopped. Start a listener: npx twinlane listen',
  );
  expect(refusal([stopped, oldLaptop], undefined).message).toBe(
    'No environment is online. Start a listener: npx twinlane listen',
  );
});

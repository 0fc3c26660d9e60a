import { describe, expect, it } from 'vitest';
import { ACCESSES, PERMISSION_MODES, type Access, type PermissionMode } from '../protocol/index.js';
import { childEnvironment } from './child-environment.js';
import { Permissions } from './permissions.js';
import { DEFAULT_CHILD_ENV, PermissionsOptions } from './permissions.options.js';

const permissions = (mode: PermissionMode) => new Permissions(Object.assign(new PermissionsOptions(), { mode }));

/** Mode, access, what an agent may, what a command may. */
const TABLE: readonly (readonly [PermissionMode, Access, string, string])[] = [
  ['unrestricted', 'read', 'allow', 'allowed'],
  ['unrestricted', 'write', 'allow', 'allowed'],
  ['unrestricted', 'execute', 'allow', 'allowed'],
  ['acceptEdits', 'read', 'allow', 'allowed'],
  ['acceptEdits', 'write', 'allow', 'allowed'],
  ['acceptEdits', 'execute', 'ask', 'allowed'],
  ['standard', 'read', 'allow', 'allowed'],
  ['standard', 'write', 'ask', 'allowed'],
  ['standard', 'execute', 'ask', 'allowed'],
  ['strict', 'read', 'ask', 'allowed'],
  ['strict', 'write', 'ask', 'In mode strict no command of a client changes files.'],
  ['strict', 'execute', 'ask', 'In mode strict no command of a client runs programs.'],
];

describe('modes', () => {
  it.each(TABLE)('%s: to %s, an agent: %s, a command: %s', (mode, access, agent, command) => {
    const device = permissions(mode);
    expect(device.ofAgent(mode, access)).toBe(agent);
    const check = () => device.check(access);
    if (command === 'allowed') expect(check).not.toThrow();
    else expect(check).toThrow(`${command} Have the agent do it and approve it`);
  });

  it('the table knows every mode and access', () => {
    expect(TABLE.length).toBe(PERMISSION_MODES.length * ACCESSES.length);
  });

  it('where a command names a conversation, its mode counts instead of that of the device', () => {
    expect(() => permissions('strict').check('write', 'standard')).not.toThrow();
    expect(() => permissions('standard').check('write', 'strict')).toThrow('In mode strict');
  });
});

describe('the environment of children', () => {
  const all = {
    PATH: '/bin',
    LC_ALL: 'C',
    XDG_DATA_HOME: '/d',
    AWS_SECRET_ACCESS_KEY: 's',
    MYPATH: 'm',
    TWINLANE_TOKEN: 't',
  };

  it.each([
    [DEFAULT_CHILD_ENV, ['PATH', 'LC_ALL', 'XDG_DATA_HOME']],
    [['AWS_*'], ['AWS_SECRET_ACCESS_KEY']],
    [['*'], ['PATH', 'LC_ALL', 'XDG_DATA_HOME', 'AWS_SECRET_ACCESS_KEY', 'MYPATH']],
    [['TWINLANE_TOKEN', 'TWINLANE_*', 'path', 'PAT.'], []],
    [[], []],
  ])('%j', (names, given) => {
    expect(Object.keys(childEnvironment(names, all))).toEqual(given);
  });

  it('is taken when a child starts', () => {
    const device = new Permissions(Object.assign(new PermissionsOptions(), { childEnv: ['PATH'] }));
    expect(device.childEnvironment()).toEqual({ PATH: process.env['PATH'] });
  });
});

import type { Setting } from './setting.js';

const TOKEN_COMMANDS = ['tokens'] as const;

/** What a new token is for. */
export const TOKENS: readonly Setting[] = [
  {
    name: 'role',
    kind: 'text',
    value: '<device|client|admin>',
    help: 'what a new token is for: listeners, clients, or administering its organisation',
    default: 'client',
    commands: TOKEN_COMMANDS,
  },
  {
    name: 'environments',
    kind: 'list',
    value: '<patterns>',
    help: 'names of the environments that a new token is for, separated by commas; * stands for any characters',
    default: 'all',
    commands: TOKEN_COMMANDS,
  },
  {
    name: 'access',
    kind: 'text',
    value: '<watch|steer>',
    help: 'whether a new client may only watch, or also send commands',
    default: 'steer',
    commands: TOKEN_COMMANDS,
  },
  {
    name: 'may-approve',
    kind: 'switch',
    help: 'a new client is asked for approvals, and may answer them',
    commands: TOKEN_COMMANDS,
  },
  {
    name: 'expires',
    kind: 'text',
    value: '<duration>',
    help: 'how long a new token lives, like 12h or 90d',
    default: 'until it is revoked',
    commands: TOKEN_COMMANDS,
  },
  {
    name: 'organization',
    kind: 'text',
    value: '<id>',
    help: 'whose a new token is; for list, whose tokens are shown',
    default: 'that of the token that asks; for list, all that it administers',
    commands: TOKEN_COMMANDS,
  },
];

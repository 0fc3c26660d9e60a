import { LISTENER, type Setting } from './setting.js';

/** What executes turns. */
export const AGENTS: readonly Setting[] = [
  {
    name: 'agent',
    kind: 'text',
    value: '<name>',
    help: 'what executes turns: shell runs what is sent as a command, acp runs the program of --agent-command',
    default: 'shell',
    commands: LISTENER,
  },
  {
    name: 'agent-command',
    kind: 'text',
    value: '<command line>',
    help: 'program that speaks the Agent Client Protocol, with its arguments; for --agent acp',
    commands: LISTENER,
  },
  {
    name: 'agent-env',
    kind: 'list',
    value: '<names>',
    help: 'environment variables that this program is given beside those of --child-env, separated by commas: its keys',
    default: 'none',
    commands: LISTENER,
  },
  {
    name: 'agent-auth',
    kind: 'text',
    value: '<id>',
    help: 'login that this program is asked for when it starts, where it offers one that needs no person',
    commands: LISTENER,
  },
  {
    name: 'agent-start-timeout-ms',
    kind: 'integer',
    value: '<ms>',
    help: 'how long it may take to start, and to open a session',
    default: '60000 (a minute)',
    commands: LISTENER,
  },
  {
    name: 'agent-cancel-timeout-ms',
    kind: 'integer',
    value: '<ms>',
    help: 'how long it may take to end a cancelled turn; then it is started anew',
    default: '5000',
    commands: LISTENER,
  },
  {
    name: 'agent-idle-timeout-ms',
    kind: 'integer',
    value: '<ms>',
    help: 'how long a turn may go on without a sign of life; then it is started anew',
    default: '1800000 (half an hour)',
    commands: LISTENER,
  },
  {
    name: 'agent-max-line-bytes',
    kind: 'integer',
    value: '<bytes>',
    help: 'largest message it may send; a larger one ends it',
    default: '33554432 (32 MiB)',
    commands: LISTENER,
  },
];

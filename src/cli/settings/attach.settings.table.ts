import type { Setting } from './setting.js';

/** What `twinlane attach` asks for. */
export const ATTACH: readonly Setting[] = [
  {
    name: 'environment',
    kind: 'text',
    value: '<name|id>',
    help: 'environment to attach to',
    default: 'the only one online',
    commands: ['attach'],
  },
  {
    name: 'agent-id',
    kind: 'text',
    value: '<id>',
    help: 'agent of the conversation, on devices that have several',
    commands: ['attach'],
  },
  {
    name: 'conversation',
    kind: 'text',
    value: '<id>',
    help: 'conversation to go on with, or to watch',
    default: 'a new one; to watch, the one in which something happened last',
    commands: ['attach'],
  },
  {
    name: 'watch',
    kind: 'switch',
    help: 'show what others do in a conversation until Ctrl-C, and send nothing; any token that may see the environment will do',
    commands: ['attach'],
  },
  {
    name: 'approve',
    kind: 'text',
    value: '<ask|always|never>',
    help: 'what to answer when the device asks whether something may run',
    default: 'ask',
    commands: ['attach'],
  },
  {
    name: 'wait-ms',
    kind: 'integer',
    value: '<ms>',
    help: 'how long a listener that is away or offline is waited for, also during a turn, before the exit code is 69; in a session only before it begins',
    default: '45000',
    commands: ['attach'],
  },
];

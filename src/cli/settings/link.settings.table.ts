import { ROLES, type Setting } from './setting.js';

/** How much a socket carries at once, and how. */
export const LINK: readonly Setting[] = [
  {
    name: 'window-max-bytes',
    kind: 'integer',
    value: '<bytes>',
    help: 'how much one socket may carry that the other end has not read, however far and fast it is',
    default: '8388608 (8 MiB)',
    commands: ROLES,
  },
  {
    name: 'window-floor-bytes',
    kind: 'integer',
    value: '<bytes>',
    help: 'how much of that is always allowed, however near and slow the other end is',
    default: '12288 (12 KiB)',
    commands: ROLES,
  },
  {
    name: 'window-gain',
    kind: 'number',
    value: '<factor>',
    help: 'how much more than the path holds is sent ahead, from 1.05 to 4: more finds free bandwidth sooner, less keeps queues shorter',
    default: '1.25',
    commands: ROLES,
  },
  {
    name: 'deflate',
    kind: 'switch',
    help: 'compress messages of 1 KiB and more between ends that both do (permessage-deflate); costs processor time, and memory for each socket',
    commands: ROLES,
  },
];

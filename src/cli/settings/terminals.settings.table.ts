import type { Setting } from './setting.js';

type Limit = Pick<Setting, 'name' | 'value' | 'help' | 'default'>;

const limits: readonly Limit[] = [
  {
    name: 'terminals-per-client',
    value: '<number>',
    help: 'how many terminals one client may have on a device; relays carry 64 of each',
    default: '16',
  },
  {
    name: 'terminal-grace-ms',
    value: '<ms>',
    help: 'how long terminals live on while the listener is not connected, and how long the last output of one that has ended is kept',
    default: '600000 (10 min)',
  },
  {
    name: 'terminal-unread-bytes',
    value: '<bytes>',
    help: 'how much output a client may leave unread before its terminal waits',
    default: '262144 (256 KiB)',
  },
];

/** Limits of terminals on a device. */
export const TERMINALS: readonly Setting[] = limits.map((limit) => ({
  ...limit,
  kind: 'integer',
  commands: ['start', 'listen'],
}));

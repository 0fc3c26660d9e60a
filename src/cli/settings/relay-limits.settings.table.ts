import type { Setting } from './setting.js';

type Limit = Pick<Setting, 'name' | 'help' | 'default'>;

const limits: readonly Limit[] = [
  {
    name: 'listener-sockets-per-token',
    help: 'how many sockets of listeners one token may have open; a listener has two',
    default: '4000',
  },
  {
    name: 'client-sockets-per-token',
    help: 'how many sockets of clients one token may have open; an attachment has two',
    default: '1000',
  },
  {
    name: 'registrations-per-second',
    help: 'how many listeners of one token may register in a second, over time',
    default: '20',
  },
  { name: 'registration-burst', help: 'how many of them at once, after a pause', default: '1000' },
  {
    name: 'commands-per-second',
    help: 'how many commands one client may send in a second, over time; over REST, one token',
    default: '200',
  },
  { name: 'command-burst', help: 'how many of them at once, after a pause', default: '400' },
  { name: 'unanswered-per-client', help: 'how many commands of one client may wait for their answer', default: '1000' },
];

/** What one token, or one client, may ask of a relay. */
export const RELAY_LIMITS: readonly Setting[] = limits.map((limit) => ({
  ...limit,
  kind: 'integer',
  value: '<number>',
  commands: ['start', 'relay'],
}));

import type { Setting } from './setting.js';

type Limit = Pick<Setting, 'name' | 'help' | 'default'>;

const BURST = 'how many of them at once, after a pause';

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
    name: 'listener-sockets-per-address',
    help: 'the same for one address: an IPv4 address, or a /64 network of IPv6',
    default: '10000',
  },
  { name: 'client-sockets-per-address', help: 'the same for one address', default: '4000' },
  { name: 'upgrades-per-second', help: 'how many sockets one token may open in a second, over time', default: '200' },
  { name: 'upgrade-burst', help: BURST, default: '10000' },
  {
    name: 'address-upgrades-per-second',
    help: 'how many sockets one address may ask for in a second, over time, also with tokens that are refused',
    default: '400',
  },
  { name: 'address-upgrade-burst', help: BURST, default: '20000' },
  {
    name: 'registrations-per-second',
    help: 'how many listeners of one token may register in a second, over time',
    default: '20',
  },
  { name: 'registration-burst', help: BURST, default: '1000' },
  {
    name: 'address-registrations-per-second',
    help: 'how many listeners of one address may try to register in a second, over time',
    default: '50',
  },
  { name: 'address-registration-burst', help: BURST, default: '2000' },
  {
    name: 'address-requests-per-second',
    help: 'how many requests over REST one address may send in a second, over time, also with tokens that are refused; registrations do not count',
    default: '200',
  },
  { name: 'address-request-burst', help: BURST, default: '4000' },
  {
    name: 'audit-pages-per-second',
    help: 'how many pages of the audit log one token may read in a second, over time',
    default: '5',
  },
  { name: 'audit-page-burst', help: BURST, default: '100' },
  {
    name: 'commands-per-second',
    help: 'how many commands one client may send in a second, over time; over REST, one token',
    default: '200',
  },
  { name: 'command-burst', help: BURST, default: '400' },
  {
    name: 'token-commands-per-second',
    help: 'how many commands all clients of one token may send in a second, over time',
    default: '2000',
  },
  { name: 'token-command-burst', help: BURST, default: '4000' },
  {
    name: 'address-commands-per-second',
    help: 'how many commands one address may send in a second, over time',
    default: '4000',
  },
  { name: 'address-command-burst', help: BURST, default: '8000' },
  {
    name: 'frames-per-second',
    help: 'how many small frames, such as heartbeats, one socket may send in a second, over time; events do not count',
    default: '5000',
  },
  { name: 'frame-burst', help: BURST, default: '20000' },
  { name: 'unanswered-per-client', help: 'how many commands of one client may wait for their answer', default: '1000' },
];

/** What one token, one address or one client may ask of a relay. */
export const RELAY_LIMITS: readonly Setting[] = limits.map((limit) => ({
  ...limit,
  kind: 'integer',
  value: '<number>',
  commands: ['start', 'relay'],
}));

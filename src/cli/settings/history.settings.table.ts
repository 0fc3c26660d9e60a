import { RELAY, type Setting } from './setting.js';

/** What a relay keeps of events. */
export const HISTORY: readonly Setting[] = [
  {
    name: 'history',
    kind: 'text',
    value: '<disk|memory>',
    help: 'where the relay keeps events for clients that come back: in the data directory, or in memory until it ends',
    default: 'disk',
    commands: RELAY,
  },
  {
    name: 'history-max-age',
    kind: 'integer',
    value: '<days>',
    help: 'after how many days such events go, on disk',
    default: '7',
    commands: RELAY,
  },
  {
    name: 'history-max-events',
    kind: 'integer',
    value: '<number>',
    help: 'how many such events of one runtime stay',
    default: '100000',
    commands: RELAY,
  },
  {
    name: 'history-max-runtime-bytes',
    kind: 'integer',
    value: '<bytes>',
    help: 'how many bytes of such events of one runtime stay',
    default: '67108864 (64 MiB)',
    commands: RELAY,
  },
  {
    name: 'history-max-bytes',
    kind: 'integer',
    value: '<bytes>',
    help: 'how many bytes of such events of one environment stay; the runtime that was silent longest makes room first',
    default: '268435456 (256 MiB)',
    commands: RELAY,
  },
  {
    name: 'history-max-organization-bytes',
    kind: 'integer',
    value: '<bytes>',
    help: 'how many bytes of such events of all environments of one organisation stay, on disk; the runtime that was silent longest makes room first',
    default: '17179869184 (16 GiB)',
    commands: RELAY,
  },
];

import type { Setting } from './setting.js';

const commands = ['start', 'relay'] as const;

/** Whether a relay is one process or many, and how these reach NATS. */
export const RELAY_ENGINE: readonly Setting[] = [
  {
    name: 'engine',
    kind: 'text',
    value: '<embedded|nats://…>',
    help: 'embedded: this process is the whole relay; or addresses of NATS (nats://[user:password@]host:4222, separated by commas): it is one of many nodes, which share tokens, environments and histories there',
    default: 'embedded',
    commands,
    secret: true,
  },
  {
    name: 'node-name',
    kind: 'text',
    value: '<name>',
    help: 'what this node is called among the nodes of a relay',
    default: 'the name of this machine, and something random',
    commands,
  },
  {
    name: 'node-ttl-ms',
    kind: 'integer',
    value: '<ms>',
    help: 'milliseconds after which a node that has said nothing is gone, and others serve its environments',
    default: '10000',
    commands,
  },
  {
    name: 'nats-credentials',
    kind: 'text',
    value: '<path>',
    help: 'file with the credentials (.creds) of the nodes, where NATS wants them',
    commands,
  },
  {
    name: 'nats-ca-file',
    kind: 'text',
    value: '<path>',
    help: 'file with certificates (PEM) of authorities that sign for the servers of NATS',
    default: 'those of Node.js',
    commands,
  },
  {
    name: 'nats-cert',
    kind: 'text',
    value: '<path>',
    help: 'file with the certificate (PEM) of the nodes, where NATS wants one; with nats-key',
    commands,
  },
  {
    name: 'nats-key',
    kind: 'text',
    value: '<path>',
    help: 'file with its private key (PEM)',
    commands,
  },
  {
    name: 'nats-replicas',
    kind: 'integer',
    value: '<1|3|5>',
    help: 'how many servers of NATS keep each stream and each bucket',
    default: '1',
    commands,
  },
];

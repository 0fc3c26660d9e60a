import type { Setting } from './setting.js';

const commands = ['start', 'relay'] as const;

/** What a relay writes down of who did what, how many tokens it keeps, and who reads its metrics. */
export const RELAY_AUDIT: readonly Setting[] = [
  {
    name: 'audit-commands',
    kind: 'text',
    value: '<all|changing|none>',
    help: 'which commands the audit log tells of: changing leaves out what only reads, and keys typed into terminals',
    default: 'changing',
    commands,
  },
  {
    name: 'audit-required',
    kind: 'switch',
    help: 'while the audit log cannot be written, refuse commands that change something, new clients, registrations and what admins do; whatever makes things safer passes',
    commands,
  },
  {
    name: 'audit-input-characters',
    kind: 'integer',
    value: '<number>',
    help: 'how many first characters of each input the audit log holds, from 0 to 200',
    default: '0',
    commands,
  },
  {
    name: 'audit-file-bytes',
    kind: 'integer',
    value: '<bytes>',
    help: 'how large one file of the audit log becomes before a new one is begun; so it is each day',
    default: '16777216 (16 MiB)',
    commands,
  },
  {
    name: 'audit-files',
    kind: 'integer',
    value: '<number>',
    help: 'how many files of the audit log stay',
    default: '128',
    commands,
  },
  {
    name: 'audit-max-age',
    kind: 'integer',
    value: '<days>',
    help: 'after how many days entries of the audit log go',
    default: '90',
    commands,
  },
  {
    name: 'tokens-per-organization',
    kind: 'integer',
    value: '<number>',
    help: 'how many tokens one organisation may have that neither were revoked nor have expired',
    default: '1000',
    commands,
  },
  {
    name: 'ended-tokens-kept',
    kind: 'integer',
    value: '<days>',
    help: 'after how many days a token that was revoked, or has expired, is forgotten',
    default: '30',
    commands,
  },
  {
    name: 'metrics-token-required',
    kind: 'switch',
    help: 'show /metrics to nobody without a token of the operator, programs of this machine included: for a proxy on this machine that adds no X-Forwarded-For',
    commands,
  },
];

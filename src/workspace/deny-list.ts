import { wildcard } from '../config/index.js';

/**
 * What a device keeps to itself unless it is told otherwise: what holds secrets, and `.git`, because who writes there can have
 * git run programs.
 */
export const DEFAULT_DENY: readonly string[] = [
  '.git',
  '.env',
  '.env.*',
  '!.env.example',
  '!.env.sample',
  '!.env.template',
  '*.pem',
  '*.key',
  '*.p12',
  '*.pfx',
  'id_rsa',
  'id_ecdsa',
  'id_ed25519',
  'id_dsa',
  '.ssh',
  '.gnupg',
  '.aws',
  '.kube',
  '.netrc',
  '.pgpass',
  '.git-credentials',
];

interface Rule {
  readonly matches: (path: readonly string[]) => boolean;
  readonly denies: boolean;
}

/**
 * Patterns of paths that are neither read nor written nor listed, with everything below them. `*` stands for any characters of one
 * name; a pattern of several names, `config/secrets`, matches wherever they follow each other; `!` in front makes an
 * exception to the patterns before it. Case does not count, because file systems differ in it.
 */
export class DenyList {
  private readonly rules: readonly Rule[];

  constructor(readonly patterns: readonly string[]) {
    this.rules = patterns.map(ruleOf);
  }

  /** @param path relative to the workspace, with `/` */
  denies(path: string): boolean {
    const names = path.split('/').filter((name) => name !== '' && name !== '.');
    return names.some((_, at) => this.deniesAt(names.slice(0, at + 1)));
  }

  private deniesAt(path: readonly string[]): boolean {
    return this.rules.findLast(({ matches }) => matches(path))?.denies ?? false;
  }
}

function ruleOf(pattern: string): Rule {
  const isException = pattern.startsWith('!');
  const names = pattern
    .slice(isException ? 1 : 0)
    .split('/')
    .filter((name) => name !== '')
    .map((name) => wildcard(name, 'i'));
  return {
    denies: !isException,
    matches: (path) =>
      names.length > 0 &&
      names.length <= path.length &&
      names.every((name, i) => name.test(path[path.length - names.length + i] ?? '')),
  };
}

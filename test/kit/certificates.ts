import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export interface CertificateFilesMade {
  readonly cert: string;
  readonly key: string;
}

/** An authority of its own, which nobody trusts but through its file. */
export class TestAuthority {
  private serial = 0;

  private constructor(readonly folder: string) {}

  static async make(): Promise<TestAuthority> {
    const authority = new TestAuthority(await mkdtemp(path.join(tmpdir(), 'twinlane-ca-')));
    const { caFile } = authority;
    await run('openssl', [
      'req',
      '-x509',
      ...KEY,
      '-days',
      '9',
      '-subj',
      '/CN=authority',
      '-keyout',
      authority.at('ca.key'),
      '-out',
      caFile,
    ]);
    return authority;
  }

  /** PEM file of the authority. */
  get caFile(): string {
    return this.at('ca.pem');
  }

  at(name: string): string {
    return path.join(this.folder, name);
  }

  /**
   * Files of a certificate for these names.
   *
   * @param names as OpenSSL wants them: `DNS:localhost`, `IP:127.0.0.1`
   * @param days how long it is valid
   */
  async issue(names: readonly string[], days = 9): Promise<CertificateFilesMade> {
    const name = `leaf-${++this.serial}`;
    const [cert, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((end) => this.at(`${name}.${end}`)) as [
      string,
      string,
      string,
      string,
    ];
    await writeFile(extensions, `subjectAltName=${names.join(',')}\n`);
    await run('openssl', ['req', ...KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', request]);
    const by = ['-CA', this.caFile, '-CAkey', this.at('ca.key'), '-set_serial', String(this.serial)];
    await run('openssl', [
      'x509',
      '-req',
      '-in',
      request,
      ...by,
      '-days',
      String(days),
      '-extfile',
      extensions,
      '-out',
      cert,
    ]);
    return { cert, key };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

import { Logger } from '@nestjs/common';
import type { Server } from 'node:tls';
import { SYSTEM_CLOCK, type Clock, type Timer } from '../../protocol/index.js';
import { ageOf, type CertificateAge } from './certificate-age.js';
import { CertificateError } from './certificate.error.js';
import { readCertificate, type Certificate, type CertificatePaths } from './read-certificate.js';

/** How often the files are looked at, in ms. */
export const CHECK_MS = 10_000;

const SAID: Readonly<Record<CertificateAge, string | undefined>> = {
  good: undefined,
  early: 'is not valid yet; look at the clock of this machine',
  soon: 'expires soon; renew it',
  expired: 'has expired, and peers refuse it; renew it',
};

/** Takes another certificate over while it runs. */
type SecureServer = Pick<Server, 'setSecureContext'>;

/**
 * A certificate and its key, from files that somebody else replaces while the relay runs: a server takes a new pair over for the
 * connections that come, and those that are open stay.
 *
 * @publicApi
 */
export class CertificateFiles {
  private readonly log = new Logger(CertificateFiles.name);
  private timer: Timer | undefined;
  private age: CertificateAge = 'good';
  /** What is wrong with the files now, and how often in a row that was seen. */
  private fault: { readonly message: string; readonly times: number } | undefined;

  private constructor(
    private readonly paths: CertificatePaths,
    private readonly clock: Clock,
    private certificate: Certificate,
  ) {}

  /** @throws CertificateError when the files cannot be used */
  static async open(paths: CertificatePaths, clock: Clock = SYSTEM_CLOCK): Promise<CertificateFiles> {
    return new CertificateFiles(paths, clock, await readCertificate(paths));
  }

  /** For `httpsOptions` of `NestFactory.create`. */
  get pair(): { readonly cert: string; readonly key: string } {
    const { cert, key } = this.certificate;
    return { cert, key };
  }

  /** A name or address that this certificate is for: one of those preferred, or else the first that it names, if any. */
  nameFor(preferred: readonly string[]): string | undefined {
    return preferred.find((name) => this.certificate.covers(name)) ?? this.certificate.firstName;
  }

  /** Looks at the files every 10 s from now on, until `stop`, and says when the certificate is too old. */
  keepFresh(server: SecureServer): void {
    this.watchAge();
    this.timer = this.clock.after(CHECK_MS, () => {
      const checked = this.timer;
      void this.check(server).finally(() => {
        if (this.timer === checked) this.keepFresh(server);
      });
    });
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  /** Looks at the files now. What cannot be used is left alone and said: the server goes on with what it has. */
  async check(server: SecureServer): Promise<void> {
    try {
      const found = await readCertificate(this.paths);
      this.fault = undefined;
      if (found.cert !== this.certificate.cert || found.key !== this.certificate.key) {
        server.setSecureContext({ cert: found.cert, key: found.key });
        this.certificate = found;
        this.log.log('The certificate was replaced.', { validTo: found.validTo.toISOString() });
      }
    } catch (error) {
      this.failed(error);
    }
    this.watchAge();
  }

  /** Said when it was seen twice: the first time somebody may be in the middle of replacing them. */
  private failed(error: unknown): void {
    const message = error instanceof CertificateError ? error.message : String(error);
    const times = this.fault?.message === message ? this.fault.times + 1 : 1;
    this.fault = { message, times };
    if (times === 2) this.log.warn(`${message} The relay goes on with the certificate that it has.`);
  }

  private watchAge(): void {
    const age = ageOf(this.certificate, this.clock.now());
    if (age === this.age) return;
    this.age = age;
    const said = SAID[age];
    const { validFrom, validTo } = this.certificate;
    const fields = { validFrom: validFrom.toISOString(), validTo: validTo.toISOString() };
    if (said !== undefined) this.log.warn(`The certificate ${this.paths.cert} ${said}.`, fields);
  }
}

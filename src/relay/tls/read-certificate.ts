import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { CertificateError } from './certificate.error.js';

/** Two files in PEM form. */
export interface CertificatePaths {
  /** The certificate, and after it those in between it and its authority. */
  readonly cert: string;
  /** Its private key, without a passphrase. */
  readonly key: string;
}

export interface Certificate {
  /** As it stands in the file. */
  readonly cert: string;
  readonly key: string;
  readonly validFrom: Date;
  readonly validTo: Date;
  /** The first host name that it is for, not counting patterns. */
  readonly firstName: string | undefined;
  /** @param name a host name or an address */
  covers(name: string): boolean;
}

/** @throws CertificateError when a file is missing, cannot be read or used, or when the two do not belong together */
export async function readCertificate(paths: CertificatePaths): Promise<Certificate> {
  const cert = await read('certificate', paths.cert);
  const key = await read('private key', paths.key);
  const leaf = parseCertificate(cert, paths.cert);
  if (!leaf.checkPrivateKey(parseKey(key, paths.key)))
    throw new CertificateError(`The private key ${paths.key} does not belong to the certificate ${paths.cert}.`);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new CertificateError(`The certificate ${paths.cert} cannot be used (${codeOf(cause)}).`, { cause });
  }
  return {
    cert,
    key,
    validFrom: new Date(leaf.validFrom),
    validTo: new Date(leaf.validTo),
    firstName: /(?:^|, )DNS:([^,*"]+)/.exec(leaf.subjectAltName ?? '')?.[1],
    covers: (name) => (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined,
  };
}

async function read(what: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CertificateError(`The ${what} ${file} cannot be read (${codeOf(cause)}).`, { cause });
  }
}

function parseCertificate(text: string, file: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw new CertificateError(`${file} holds no certificate in PEM form.`, { cause });
  }
}

function parseKey(text: string, file: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch (cause) {
    const passphrase = text.includes('ENCRYPTED') ? '; it must have no passphrase' : '';
    throw new CertificateError(`${file} holds no private key in PEM form that can be used${passphrase}.`, { cause });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}

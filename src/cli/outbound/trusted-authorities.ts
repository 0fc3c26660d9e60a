import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { usageError } from '../cli.error.js';
import type { Env } from './proxy-rules.js';

/**
 * The authorities to trust with one more from a file: those that Node brings, and those of `NODE_EXTRA_CA_CERTS`, stay
 * trusted.
 *
 * @throws CliError when the file cannot be read or holds no certificate
 */
export async function trustedAuthorities(caFile: string, env: Env): Promise<string[]> {
  const extra = env['NODE_EXTRA_CA_CERTS'];
  // Node itself warns of a file of its own that it cannot read.
  const extras = extra === undefined || extra === '' ? [] : [await readFile(extra, 'utf8').catch(() => '')];
  return [...rootCertificates, ...extras.filter((text) => text !== ''), await readCertificates(caFile)];
}

async function readCertificates(file: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw usageError(`The CA file ${file} cannot be read (${String(cause)}); correct TWINLANE_CA_FILE or --ca-file.`);
  }
  try {
    // Reads the first; one that cannot be read further down is refused when a connection is made.
    void new X509Certificate(text);
    return text;
  } catch {
    throw usageError(`The CA file ${file} holds no certificate in PEM form; correct TWINLANE_CA_FILE or --ca-file.`);
  }
}

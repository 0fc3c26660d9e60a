import { CertificateError, CertificateFiles } from '../../relay/index.js';
import { usageError } from '../cli.error.js';
import type { RelaySettings } from '../settings/relay.settings.js';

const CORRECT = 'Correct TWINLANE_TLS_CERT and TWINLANE_TLS_KEY, or --tls-cert and --tls-key.';

/**
 * The certificate that the relay shows, where it speaks TLS itself.
 *
 * @throws CliError when only one of the two files was named, or they cannot be used
 */
export async function certificatesOf({ tlsCert, tlsKey }: RelaySettings): Promise<CertificateFiles | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsKey === undefined) throw usageError('A certificate needs its key: set TWINLANE_TLS_KEY or --tls-key too.');
  if (tlsCert === undefined) throw usageError('A key needs its certificate: set TWINLANE_TLS_CERT or --tls-cert too.');
  try {
    return await CertificateFiles.open({ cert: tlsCert, key: tlsKey });
  } catch (cause) {
    if (cause instanceof CertificateError) throw usageError(`${cause.message} ${CORRECT}`);
    throw cause;
  }
}

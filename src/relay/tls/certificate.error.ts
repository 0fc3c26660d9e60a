/** A certificate or its key cannot be used; the message names the file, and never holds the key. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}

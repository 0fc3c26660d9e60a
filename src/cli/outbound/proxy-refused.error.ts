/** A proxy that would not connect to where it was asked to. */
export class ProxyRefusedError extends Error {
  override readonly name = 'ProxyRefusedError';

  /** @param status as it answered; 407 asks for a user and a password */
  constructor(proxy: URL, target: string, status: string, options?: ErrorOptions) {
    super(`the proxy ${proxy.host} refused to connect to ${target} with HTTP ${status}; ${adviceFor(status)}`, options);
  }
}

function adviceFor(status: string): string {
  if (status.startsWith('407'))
    return 'put its user and password into the proxy variable, as http://user:password@host:port';
  if (status.startsWith('5')) return 'it does not reach the relay: is that running, and is its address right?';
  return 'ask who runs it to let this address pass, or exempt it with NO_PROXY';
}

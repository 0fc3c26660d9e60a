/** A proxy that would not connect to where it was asked to. */
export class ProxyRefusedError extends Error {
  override readonly name = 'ProxyRefusedError';

  /** @param status as it answered; 407 asks for a user and a password */
  constructor(proxy: URL, target: string, status: string, options?: ErrorOptions) {
    const todo = status.startsWith('407')
      ? 'put its user and password into the proxy variable, as http://user:password@host:port'
      : 'ask who runs it to let this address pass, or exempt it with NO_PROXY';
    super(`the proxy ${proxy.host} refused to connect to ${target} with HTTP ${status}; ${todo}`, options);
  }
}

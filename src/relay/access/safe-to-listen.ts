import { isLoopback } from '../../protocol/index.js';

/** A relay that strangers could reach must not live on a token that it made up itself. */
export class UnsafeListenError extends Error {
  override readonly name = 'UnsafeListenError';

  constructor(readonly host: string) {
    super(
      `Not listening on ${host}: other machines could reach this relay, and no token was given for it. ` +
        'Set TWINLANE_TOKEN or a tokens file (TWINLANE_TOKENS_FILE), or listen on 127.0.0.1.',
    );
  }
}

/**
 * @param tokenGiven whether somebody chose the tokens (TWINLANE_TOKEN, a tokens file), not the program itself
 * @throws UnsafeListenError beyond loopback without such a token
 */
export function assertSafeToListen(host: string, { tokenGiven }: { readonly tokenGiven: boolean }): void {
  if (!tokenGiven && !isLoopback(host)) throw new UnsafeListenError(host);
}

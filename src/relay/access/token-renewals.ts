import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import { encodeFrame, ERROR_CODES, TOKEN_EXPIRES, type Clock } from '../../protocol/index.js';
import { RelayError } from '../relay.error.js';
import { AccessService } from './access.service.js';
import type { Identity } from './identity.js';
import type { Hold } from './live-sockets.js';
import { hasSameRights } from './rights.js';
import { failedRenewal, SocketRenewal, type RenewedSocket } from './socket-renewal.js';

const OTHER_HOLDER =
  'This token is of another holder, or of other rights than the socket was opened with; reconnect with it.';

/** Lets sockets outlive the token that they were opened with, when their peer shows a fresh one of the same holder (protocol section 4). */
@Injectable()
export class TokenRenewals {
  private readonly log = new Logger(TokenRenewals.name);

  constructor(
    private readonly access: AccessService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Tells a peer that asked for it how long its token lives; nothing where it does not end. */
  announce({ identity }: Hold, socket: RenewedSocket): void {
    const told = this.remaining(identity);
    if (told) socket.send(encodeFrame({ type: TOKEN_EXPIRES, ...told }));
  }

  /** @param refused told of each token that is not accepted */
  of(hold: Hold, socket: RenewedSocket, refused: (refusal: RelayError) => void): SocketRenewal {
    return new SocketRenewal(socket, this.clock, (token) => this.renew(hold, token, refused));
  }

  /** Never rejects. */
  private async renew(hold: Hold, token: unknown, refused: (refusal: RelayError) => void): Promise<object> {
    try {
      if (typeof token !== 'string' || token === '')
        throw new RelayError('BAD_REQUEST', 'A token_renew has a token, as text, in at most 32 KiB.');
      const identity = await this.access.identify(token);
      // A socket keeps the rights that it was opened with: a token of other rights opens another one.
      if (!hasSameRights(hold.identity, identity)) throw new RelayError('ACCESS_REFUSED', OTHER_HOLDER);
      // An older token is no reason to end sooner.
      if (expiryOf(identity) > expiryOf(hold.identity)) hold.renew(identity);
      return { success: true, ...this.remaining(hold.identity) };
    } catch (error) {
      if (error instanceof RelayError) {
        refused(error);
        return failedRenewal(error);
      }
      this.log.error(error);
      return failedRenewal(new RelayError('INTERNAL', ERROR_CODES.INTERNAL.message));
    }
  }

  private remaining({ expiresAt }: Identity): { readonly expires_in_ms: number } | undefined {
    return expiresAt === undefined ? undefined : { expires_in_ms: Math.max(0, expiresAt - this.clock.now()) };
  }
}

function expiryOf({ expiresAt = Infinity }: Identity): number {
  return expiresAt;
}

import { Injectable } from '@nestjs/common';
import type { Identity } from './identity.js';

/**
 * Decides who is let in. Replace it through `extend.relay` to bring accounts of your own.
 *
 * @publicApi
 */
@Injectable()
export abstract class AccessService {
  /**
   * @param token as presented, without its scheme; undefined when none was
   * @throws RelayError TOKEN_REFUSED, TOKEN_REVOKED, TOKEN_EXPIRED; IDENTITY_PROVIDER_UNREACHABLE, IDENTITY_PROVIDER_KEY_UNUSABLE
   */
  abstract identify(token: string | undefined): Promise<Identity>;
}

import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import { AccessService } from './access.service.js';
import type { Identity } from './identity.js';
import { identityOf, rememberIdentity } from './request-identity.js';
import { shownBy } from './session-cookie.js';

/** Lets a REST request in when its Bearer token is accepted, or the session of its browser. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly access: AccessService,
    private readonly options: RelayOptions,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    rememberIdentity(request, await this.access.identify(shownBy(request, this.options.publicUrl)));
    return true;
  }
}

/** Who sent this request; for handlers behind `AccessGuard`. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Identity => {
  const identity = identityOf(context.switchToHttp().getRequest<IncomingMessage>());
  if (!identity) throw new RelayError('TOKEN_REFUSED');
  return identity;
});

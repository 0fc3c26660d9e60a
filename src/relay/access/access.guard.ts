import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { RelayError } from '../relay.error.js';
import { AccessService } from './access.service.js';
import { bearerOf } from './bearer.js';
import type { Identity } from './identity.js';
import { identityOf, rememberIdentity } from './request-identity.js';

/** Lets a REST request in when its Bearer token is accepted. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly access: AccessService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    rememberIdentity(request, await this.access.identify(bearerOf(request)));
    return true;
  }
}

/** Who sent this request; for handlers behind `AccessGuard`. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Identity => {
  const identity = identityOf(context.switchToHttp().getRequest<IncomingMessage>());
  if (!identity) throw new RelayError('TOKEN_REFUSED');
  return identity;
});

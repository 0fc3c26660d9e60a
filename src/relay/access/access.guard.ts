import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { RelayError } from '../relay.error.js';
import { AccessService } from './access.service.js';
import { bearerOf } from './bearer.js';
import type { Identity } from './identity.js';

const IDENTITY = Symbol('identity');
type IdentifiedRequest = IncomingMessage & { [IDENTITY]?: Identity };

/** Lets a REST request in when its Bearer token is accepted. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(private readonly access: AccessService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<IdentifiedRequest>();
    request[IDENTITY] = await this.access.identify(bearerOf(request));
    return true;
  }
}

/** Who sent this request; for handlers behind `AccessGuard`. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Identity => {
  const identity = context.switchToHttp().getRequest<IdentifiedRequest>()[IDENTITY];
  if (!identity) throw new RelayError('TOKEN_REFUSED');
  return identity;
});

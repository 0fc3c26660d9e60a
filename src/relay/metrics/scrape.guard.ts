import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { isLoopback } from '../../protocol/index.js';
import { AccessLimits } from '../access/access-limits.js';
import { AccessService } from '../access/access.service.js';
import { assertMayOperate } from '../access/assert-rights.js';
import { bearerOf } from '../access/bearer.js';
import { rememberIdentity } from '../access/request-identity.js';
import { RelayOptions } from '../relay.options.js';

/** What a proxy adds to requests that it passes on. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/**
 * Who may read `/metrics`: programs of this machine that ask directly, because whoever scrapes should need no token that
 * can run commands on devices; everybody else with a token of the relay's operator, for it counts over all organisations.
 */
@Injectable()
export class ScrapeGuard implements CanActivate {
  constructor(
    private readonly access: AccessService,
    private readonly limits: AccessLimits,
    private readonly options: RelayOptions,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    if (!this.options.metricsTokenRequired && isOfThisMachine(request)) return true;
    this.limits.requestFrom(request);
    const identity = await this.access.identify(bearerOf(request));
    rememberIdentity(request, identity);
    assertMayOperate(identity);
    return true;
  }
}

/** A proxy on this machine that adds none of these headers looks the same: `metricsTokenRequired` is for those. */
function isOfThisMachine({ headers, socket }: IncomingMessage): boolean {
  return !FORWARDED.some((header) => header in headers) && isLoopback(socket.remoteAddress ?? '');
}

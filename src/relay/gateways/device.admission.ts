import { Injectable } from '@nestjs/common';
import { AccessLimits } from '../access/access-limits.js';
import { AccessService } from '../access/access.service.js';
import { assertMayRegisterAny } from '../access/assert-rights.js';
import { bearerOf } from '../access/bearer.js';
import { addressOf } from '../access/client-address.js';
import type { Identity } from '../access/identity.js';
import { assertAllowedOrigin } from '../access/origin.js';
import { rememberIdentity } from '../access/request-identity.js';
import { mayRegister } from '../access/rights.js';
import { isFree } from '../environments/environment.js';
import { EnvironmentRegistry, type LeaseStanding } from '../environments/environment.registry.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import type { UpgradeRequest } from './path.server.js';
import type { Hello } from './pairing.js';
import { readHello } from './read-hello.js';

export interface AdmittedDevice {
  readonly hello: Hello;
  readonly standing: LeaseStanding;
  readonly identity: Identity;
  /** Where its upgrade came from, as limits count it. */
  readonly address: string;
  /** `renew=1`: it wants to know when its token expires, and shows a fresh one before. */
  readonly asksForExpiry: boolean;
}

/** Checks a listener's upgrade. A lease that is not valid is let in, to be told so by a close code. */
@Injectable()
export class DeviceAdmission {
  constructor(
    private readonly access: AccessService,
    private readonly registry: EnvironmentRegistry,
    private readonly options: RelayOptions,
    private readonly limits: AccessLimits,
  ) {}

  /** @throws RelayError ORIGIN_REFUSED, TOKEN_REFUSED, TOKEN_REVOKED, TOKEN_EXPIRED, ACCESS_REFUSED, BAD_REQUEST, ENVIRONMENT_TAKEN, TOO_MANY */
  async admit({ request, query, params }: UpgradeRequest): Promise<AdmittedDevice> {
    assertAllowedOrigin(request, this.options.allowedOrigins);
    this.limits.upgradeFrom(request);
    const identity = await this.access.identify(bearerOf(request));
    rememberIdentity(request, identity);
    assertMayRegisterAny(identity);
    const hello = readHello(query);
    const presented = await this.registry.standingOf(params['connectionId'] ?? '', query.get('lease') ?? '');
    const standing = within(identity, presented);
    if (standing.state !== 'unknown' && !isFree(standing.environment, identity.tokenId))
      throw new RelayError('ENVIRONMENT_TAKEN');
    this.limits.socket('listener', identity, request);
    const asksForExpiry = query.get('renew') === '1';
    return { hello, standing, identity, address: addressOf(request), asksForExpiry };
  }
}

/** What is outside of its scopes looks as if it did not exist. */
function within(identity: Identity, standing: LeaseStanding): LeaseStanding {
  return standing.state === 'unknown' || mayRegister(identity, standing.environment) ? standing : { state: 'unknown' };
}

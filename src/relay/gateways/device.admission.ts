import { Injectable } from '@nestjs/common';
import { AccessLimits } from '../access/access-limits.js';
import { AccessService } from '../access/access.service.js';
import { bearerOf } from '../access/bearer.js';
import { assertAllowedOrigin } from '../access/origin.js';
import { EnvironmentRegistry, type LeaseStanding } from '../environments/environment.registry.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import type { UpgradeRequest } from './path.server.js';
import type { Hello } from './pairing.js';
import { readHello } from './read-hello.js';

export interface AdmittedDevice {
  readonly hello: Hello;
  readonly standing: LeaseStanding;
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

  /** @throws RelayError ORIGIN_REFUSED, TOKEN_REFUSED, BAD_REQUEST, ENVIRONMENT_TAKEN, TOO_MANY */
  async admit({ request, query, params }: UpgradeRequest): Promise<AdmittedDevice> {
    assertAllowedOrigin(request, this.options.allowedOrigins);
    this.limits.upgradeFrom(request);
    const identity = await this.access.identify(bearerOf(request));
    const hello = readHello(query);
    const standing = await this.registry.standingOf(params['connectionId'] ?? '', query.get('lease') ?? '');
    if (standing.state !== 'unknown' && standing.environment.ownerTokenId !== identity.tokenId)
      throw new RelayError('ENVIRONMENT_TAKEN');
    this.limits.socket('listener', identity, request);
    return { hello, standing };
  }
}

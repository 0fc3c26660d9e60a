import { Inject, Injectable } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import type { Clock, OrganizationEntry, OrganizationList, RemovedOrganization } from '../../protocol/index.js';
import { assertMayOperate } from '../access/assert-rights.js';
import type { Identity } from '../access/identity.js';
import { TokenStore } from '../access/tokens/token-store.js';
import { EnvironmentRegistry } from '../environments/environment.registry.js';
import { RelayError } from '../relay.error.js';
import { RelayOptions } from '../relay.options.js';
import type { CreateOrganizationDto } from './create-organization.dto.js';
import { EnvironmentsAdministration } from './environments-administration.js';
import { Revocation } from './revocation.js';

/** Makes, lists and deletes organisations: the relay's operator does. */
@Injectable()
export class OrganizationsService {
  constructor(
    private readonly store: TokenStore,
    private readonly registry: EnvironmentRegistry,
    private readonly environments: EnvironmentsAdministration,
    private readonly revocation: Revocation,
    private readonly options: RelayOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws RelayError ACCESS_REFUSED, ORGANIZATION_EXISTS, CHANGE_NOT_KEPT */
  async create(caller: Identity, { id, name = id }: CreateOrganizationDto): Promise<OrganizationEntry> {
    assertMayOperate(caller);
    const organization = { id, name, createdAt: this.clock.now() };
    await this.store.addOrganization(organization);
    return organization;
  }

  /** @throws RelayError ACCESS_REFUSED */
  async list(caller: Identity): Promise<OrganizationList> {
    assertMayOperate(caller);
    return { organizations: await this.store.organizations() };
  }

  /**
   * Revokes its tokens, closes their sockets, and deletes its environments with their histories. Where that fails on the way, asked again it
   * goes on.
   *
   * @throws RelayError ACCESS_REFUSED, ORGANIZATION_UNKNOWN, BAD_REQUEST, CHANGE_NOT_KEPT, NODE_AWAY
   */
  async remove(caller: Identity, id: string): Promise<RemovedOrganization> {
    assertMayOperate(caller);
    const organization = (await this.store.organization(id)) ?? (await this.halfRemoved(id));
    if (!organization) throw new RelayError('ORGANIZATION_UNKNOWN');
    if (id === this.options.organizationId)
      throw new RelayError('BAD_REQUEST', "The relay's own tokens belong to this organisation; it stays.");
    const revoked = await this.store.removeOrganization(id, this.clock.now());
    // Before environments are looked up: what registers from now on is refused, or takes itself back.
    this.revocation.ofOrganization(id, revoked);
    const environments = await this.registry.list(id);
    for (const environment of environments) await this.environments.remove(environment);
    return { ...organization, revokedTokens: revoked.length, deletedEnvironments: environments.length };
  }

  /** One that was deleted, but for some of its environments; what it was called is not known any more. */
  private async halfRemoved(id: string): Promise<OrganizationEntry | undefined> {
    const left = await this.registry.list(id);
    if (left.length === 0) return undefined;
    return { id, name: id, createdAt: Math.min(...left.map(({ firstSeenAt }) => firstSeenAt)) };
  }
}

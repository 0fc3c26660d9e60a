import { Injectable } from '@nestjs/common';
import type { ChangedEnvironment } from '../../protocol/index.js';
import { assertMayAdminister, assertMaySeeAny } from '../access/assert-rights.js';
import type { Identity } from '../access/identity.js';
import { maySee } from '../access/rights.js';
import type { Environment } from '../environments/environment.js';
import { ChangedEnvironments, type Gone } from '../environments/changed-environments.js';
import { EnvironmentRegistry } from '../environments/environment.registry.js';
import { Engine } from '../engine/engine.js';
import { RelayError } from '../relay.error.js';

/** What an admin does to environments. */
@Injectable()
export class EnvironmentsAdministration {
  constructor(
    private readonly registry: EnvironmentRegistry,
    private readonly engine: Engine,
    private readonly changed: ChangedEnvironments,
  ) {}

  /**
   * Another token may register the environment from now on. Its listener is told so, and stops.
   *
   * @param name `id` or `connectionId`
   * @throws RelayError ACCESS_REFUSED, ENVIRONMENT_UNKNOWN, CHANGE_NOT_KEPT, NODE_AWAY
   */
  async release(caller: Identity, name: string): Promise<ChangedEnvironment> {
    const { id, connectionName } = await this.find(caller, name);
    await this.registry.release(id);
    await this.engine.end(id, 'released');
    return { id, connectionName };
  }

  /**
   * Deletes an environment and its history. Its listener is told so, and stops; its clients are closed.
   *
   * @param name `id` or `connectionId`
   * @throws RelayError ACCESS_REFUSED, ENVIRONMENT_UNKNOWN, CHANGE_NOT_KEPT, NODE_AWAY
   */
  async delete(caller: Identity, name: string): Promise<ChangedEnvironment> {
    const environment = await this.find(caller, name);
    await this.remove(environment);
    return { id: environment.id, connectionName: environment.connectionName };
  }

  /** The same, for whoever has decided that already. @throws RelayError CHANGE_NOT_KEPT, NODE_AWAY */
  async remove({ id, organizationId, connectionName }: Gone): Promise<void> {
    // Nobody comes back with a lease from now on; found it can be until all of it is gone: whoever could not finish asks again.
    await this.registry.release(id);
    await this.engine.end(id, 'deleted');
    await this.registry.remove(id);
    this.engine.deleted(id);
    this.changed.gone({ id, organizationId, connectionName });
  }

  /** What is done here cannot be undone: a device's id, which may stand for several, names none. */
  private async find(caller: Identity, name: string): Promise<Environment> {
    assertMaySeeAny(caller);
    const found = await this.registry.find(caller.organizationId, name);
    const environment = found.find(({ id, connectionId }) => id === name || connectionId === name);
    if (!environment || !maySee(caller, environment)) throw new RelayError('ENVIRONMENT_UNKNOWN');
    assertMayAdminister(caller);
    return environment;
  }
}

import type { EnvironmentRegistry } from '../environments/environment.registry.js';

/** Names that are remembered. */
const MOST_NAMES = 10_000;

export interface NamedEnvironment {
  readonly organizationId: string;
  readonly connectionName: string;
}

/** Nothing else of its record: it is kept for long. */
export function namedOf({ organizationId, connectionName }: NamedEnvironment): NamedEnvironment {
  return { organizationId, connectionName };
}

/** Looks up what environments are called. What cannot be looked up has no name. */
export class AuditNames {
  private readonly environments = new Map<string, NamedEnvironment>();

  constructor(
    private readonly registry: EnvironmentRegistry,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** What an environment is called from now on. */
  learn(id: string, named: NamedEnvironment): void {
    const known = this.environments.get(id);
    const isKnown = known?.connectionName === named.connectionName && known.organizationId === named.organizationId;
    if (!isKnown) keep(this.environments, id, named);
  }

  async environment(id: string): Promise<NamedEnvironment | undefined> {
    const known = this.environments.get(id);
    if (known) return known;
    return this.lookUp(async () => {
      const organizationId = await this.registry.organizationOf(id);
      if (organizationId === undefined) return undefined;
      const found = (await this.registry.find(organizationId, id)).find((environment) => environment.id === id);
      if (found) this.learn(id, namedOf(found));
      return found;
    });
  }

  private async lookUp<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await look();
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }
}

function keep<T>(names: Map<string, T>, id: string, name: T): void {
  names.set(id, name);
  for (const oldest of names.keys()) if (names.size > MOST_NAMES) names.delete(oldest);
}

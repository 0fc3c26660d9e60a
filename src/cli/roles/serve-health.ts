import { HealthServer, type HealthPart } from '../../observability/index.js';
import { cannotListen } from './cannot-listen.js';

/** A role that runs in this process. */
export interface RunningRole {
  readonly health: HealthPart;
  /** Once, however often it is called. */
  close(): Promise<void>;
}

interface HealthAddress {
  readonly healthPort?: number;
  readonly healthHost: string;
}

/**
 * Does the roles' work, then closes them in this order, with the health port open all the while where one was set.
 *
 * @throws CliError when it cannot listen there
 */
export async function withHealthPort<T>(
  address: HealthAddress,
  roles: readonly RunningRole[],
  work: (healthUrl: string | undefined) => Promise<T>,
): Promise<T> {
  let server: HealthServer | undefined;
  try {
    server = await listen(address, roles);
    return await work(server?.url);
  } finally {
    for (const role of roles) await role.close();
    await server?.close();
  }
}

async function listen(
  { healthHost: host, healthPort: port }: HealthAddress,
  roles: readonly RunningRole[],
): Promise<HealthServer | undefined> {
  if (port === undefined) return undefined;
  const parts = roles.map(({ health }) => health);
  return HealthServer.listen(parts, { host, port }).catch((cause: unknown) => {
    throw cannotListen('The health port', { host, port }, 'health-', cause);
  });
}

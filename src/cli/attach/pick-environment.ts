import type { EnvironmentRecord } from '../../protocol/index.js';
import { CliError, usageError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { indent, visibleLine } from '../text.js';

/**
 * The environment that is meant: by id or name, else the only one online.
 *
 * @throws CliError when there is none, or more than one
 */
export function pickEnvironment(all: readonly EnvironmentRecord[], wanted: string | undefined): EnvironmentRecord {
  const online = all.filter(({ connectionId }) => connectionId !== null);
  if (wanted === undefined) {
    if (online.length === 0)
      throw new CliError('No environment is online. Start a listener: npx twinlane listen', EXIT.UNREACHABLE);
    return only(online, 'Several environments are online; choose one with --environment:');
  }
  const named = all.filter((environment) => isNamed(environment, wanted));
  if (named.length === 0) throw usageError(`No environment is called "${wanted}". Known here:\n${list(all)}`);
  const ready = named.filter((environment) => online.includes(environment));
  if (ready.length === 0)
    throw new CliError(`The environment "${wanted}" is offline; start its listener.`, EXIT.UNREACHABLE);
  return only(ready, `Several environments are called "${wanted}"; choose one by id with --environment:`);
}

function isNamed({ id, connectionId, deviceId, connectionName }: EnvironmentRecord, wanted: string): boolean {
  return [id, connectionId, deviceId, connectionName].includes(wanted);
}

function only(environments: readonly EnvironmentRecord[], otherwise: string): EnvironmentRecord {
  const [first, ...others] = environments;
  if (!first || others.length > 0) throw usageError(`${otherwise}\n${list(environments)}`);
  return first;
}

function list(environments: readonly EnvironmentRecord[]): string {
  const lines = environments.map(({ id, connectionName }) => `${visibleLine(connectionName)}  ${id}`);
  return indent(lines.length === 0 ? '(none)' : lines.join('\n'));
}

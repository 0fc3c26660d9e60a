import type { EnvironmentRecord } from '../../protocol/index.js';
import { CliError, usageError } from '../cli.error.js';
import { offlineWords, type OfflineWords } from '../environments/offline-words.js';
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
    if (online.length === 0) throw nobodyOnline(all);
    return only(online, 'Several environments are online; choose one with --environment:');
  }
  const named = all.filter((environment) => isNamed(environment, wanted));
  if (named.length === 0) throw usageError(`No environment is called "${wanted}". Known here:\n${list(all)}`);
  const ready = named.filter((environment) => online.includes(environment));
  if (ready.length === 0) {
    const words = whyOnly(named);
    throw new CliError(
      `The environment "${wanted}" is offline${words ? `: ${words.full}` : ''}. Start its listener: npx twinlane listen`,
      EXIT.UNREACHABLE,
    );
  }
  return only(ready, `Several environments are called "${wanted}"; choose one by id with --environment:`);
}

function nobodyOnline(all: readonly EnvironmentRecord[]): CliError {
  const words = whyOnly(all);
  const one = words ? ` "${visibleLine(all[0]?.connectionName ?? '')}" is offline: ${words.full}.` : '';
  return new CliError(`No environment is online.${one} Start a listener: npx twinlane listen`, EXIT.UNREACHABLE);
}

/** Why the only one of them is offline, where the relay says it. */
function whyOnly([environment, ...others]: readonly EnvironmentRecord[]): OfflineWords | undefined {
  return environment && others.length === 0 ? offlineWords(environment) : undefined;
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

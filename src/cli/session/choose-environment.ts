import type { EnvironmentRecord } from '../../protocol/index.js';
import { pickEnvironment } from '../attach/pick-environment.js';
import { visibleLine } from '../text.js';
import type { NoLine, Terminal } from './terminal.js';

/**
 * The environment that is meant; where that is open, the person chooses among those online.
 *
 * @throws CliError when there is none
 */
export async function chooseEnvironment(
  all: readonly EnvironmentRecord[],
  wanted: string | undefined,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<EnvironmentRecord | NoLine | undefined> {
  const online = all.filter(({ connectionId }) => connectionId !== null);
  if (wanted !== undefined || online.length < 2) return pickEnvironment(all, wanted);
  await terminal.output.line('Several environments are online:\n');
  for (const [i, { connectionName, metadata }] of online.entries()) {
    const workspace = metadata?.['workspace'];
    const where = typeof workspace === 'string' ? `  ${workspace}` : '';
    await terminal.output.line(`  ${i + 1}  ${visibleLine(connectionName + where)}`);
  }
  await terminal.output.line('');
  for (;;) {
    const said = await terminal.readLine(`Which one? [1-${online.length}] `, signal);
    if (typeof said !== 'string') return said;
    const named = online.filter(({ connectionName }) => connectionName === said.trim());
    const chosen = online[Number(said) - 1] ?? (named.length === 1 ? named[0] : undefined);
    if (chosen) return chosen;
    await terminal.output.line(`Type a number from 1 to ${online.length}, or a name that only one of them has.`);
  }
}

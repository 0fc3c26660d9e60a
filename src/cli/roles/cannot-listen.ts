import { CliError } from '../cli.error.js';
import { codeOf } from '../code-of.js';

/**
 * What to tell when an address cannot be listened on.
 *
 * @param flagPrefix of the flags that set the address: `health-` for `--health-port`
 */
export function cannotListen(
  who: string,
  { host, port }: { readonly host: string; readonly port: number },
  flagPrefix: '' | 'health-',
  cause: unknown,
): CliError {
  const portFlags = flagsOf(flagPrefix, 'port');
  const hostFlags = flagsOf(flagPrefix, 'host');
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `something listens there already. Stop it, or choose another port with ${portFlags}.`,
    EADDRNOTAVAIL: `this machine has no such address. Correct ${hostFlags}.`,
    EACCES: `that needs more rights. Choose a port from 1024 on with ${portFlags}.`,
    ENOTFOUND: `that name cannot be resolved. Correct ${hostFlags}.`,
  };
  const why = reasons[codeOf(cause)] ?? codeOf(cause);
  return new CliError(`${who} cannot listen on ${host}, port ${port}: ${why}`, undefined, { cause });
}

function flagsOf(prefix: string, name: string): string {
  return `--${prefix}${name} or TWINLANE_${`${prefix}${name}`.toUpperCase().replaceAll('-', '_')}`;
}

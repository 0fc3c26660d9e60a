import { IsArray, IsIn, IsNotEmpty, IsString } from 'class-validator';
import { PERMISSION_MODES, type PermissionMode } from '../protocol/index.js';

export const PERMISSIONS_OPTIONS = Symbol('PERMISSIONS_OPTIONS');

/**
 * What processes need of an environment to find programs, the person's settings and the network; nothing that is named after
 * a secret.
 */
export const DEFAULT_CHILD_ENV: readonly string[] = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SHELL',
  'LANG',
  'LANGUAGE',
  'LC_*',
  'TERM',
  'COLORTERM',
  'TZ',
  'TMPDIR',
  'XDG_*',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
];

/** What is allowed on this device. */
export class PermissionsOptions {
  /** Permission mode of a new conversation, and of commands that name no conversation. Default: `standard`. */
  @IsIn(PERMISSION_MODES)
  mode: PermissionMode = 'standard';

  /**
   * Names of environment variables that processes of agents and terminals are given; `*` stands for any characters. Default:
   * `DEFAULT_CHILD_ENV`. Never `TWINLANE_TOKEN`.
   */
  @IsArray()
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  childEnv: readonly string[] = DEFAULT_CHILD_ENV;
}

import { Injectable } from '@nestjs/common';
import type { Access, PermissionMode } from '../protocol/index.js';
import { AccessRefusedError } from './access-refused.error.js';
import { childEnvironment } from './child-environment.js';
import { MODE_RULES } from './mode-rules.js';
import { PermissionsOptions } from './permissions.options.js';

/**
 * What agents and commands may do on this device; the same for all of them.
 *
 * @publicApi
 */
@Injectable()
export class Permissions {
  constructor(private readonly options: PermissionsOptions) {}

  /** The mode of this device: of a new conversation, and of commands that name none. */
  get mode(): PermissionMode {
    return this.options.mode;
  }

  /** Whether an agent just does something, or a person is asked first. */
  ofAgent(mode: PermissionMode, access: Access): 'allow' | 'ask' {
    return MODE_RULES[mode].agent[access];
  }

  /**
   * Lets a client's command pass.
   *
   * @throws AccessRefusedError where the mode does not allow it
   */
  check(access: Access, mode: PermissionMode = this.mode): void {
    if (MODE_RULES[mode].command[access] === 'refuse') throw new AccessRefusedError(access, mode);
  }

  /** The environment of a process that an agent or a client starts. Whoever starts it may add variables of its own, such as `TERM`. */
  childEnvironment(): NodeJS.ProcessEnv {
    return childEnvironment(this.options.childEnv, process.env);
  }
}

import { applyDecorators, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { type Access, accessOfCommand } from '../protocol/index.js';
import type { DeviceCommandOf } from './device-command.js';

export interface DeviceCommandOptions {
  /** Milliseconds this command may take. Default: `CommandsOptions.commandDeadlineMs`. */
  readonly deadlineMs?: number;
  /**
   * Whether later commands of the runtime, an abort among them, wait until this one has ended; it waits for earlier ones in any case.
   * Default: true; false for one with an `access`, which names a runtime only for its mode, and for what may take long.
   */
  readonly holdsRuntime?: boolean;
  /**
   * What it does to the machine: the permission mode allows it or not before the handler sees it (`ACCESS_REFUSED`). One that
   * reads also runs again where the server sends it again after a reconnect and its answer was too large to keep; any other
   * fails then. Default: what the protocol says of this type; of a type that is none of the protocol's none, it is about conversations.
   */
  readonly access?: Access;
}

export interface DeviceCommandMetadata extends DeviceCommandOptions {
  readonly type: string;
  readonly dto: Type<object>;
}

/** Metadata of `@DeviceCommand`. */
export const DeviceCommandType = DiscoveryService.createDecorator<DeviceCommandMetadata>();

/**
 * Makes a class the handler of one type of command. Provide it in any module beside `ListenerModule`.
 *
 * @param type the command's `type` on the wire
 * @param dto validated by class-validator before the handler sees it; unknown fields pass
 *
 * @publicApi
 */
export function DeviceCommand<Dto extends object>(
  type: string,
  dto: Type<Dto>,
  options: DeviceCommandOptions = {},
): (target: Type<DeviceCommandOf<Dto>>) => void {
  const { access = accessOfCommand(type), ...others } = options;
  const metadata = { type, dto, ...(access ? { access } : {}), ...others };
  return applyDecorators(Injectable(), DeviceCommandType(metadata));
}

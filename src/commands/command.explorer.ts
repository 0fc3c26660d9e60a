import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { discover } from '../config/index.js';
import type { Access } from '../protocol/index.js';
import type { DeviceCommandOf } from './device-command.js';
import { DeviceCommandType } from './device-command.decorator.js';

/** A handler that was found. */
export interface CommandHandler {
  readonly dto: Type<object>;
  readonly deadlineMs: number | undefined;
  readonly holdsRuntime: boolean;
  readonly access: Access | undefined;
  readonly command: DeviceCommandOf<object>;
  readonly className: string;
}

/** Two handlers want the same command. */
export class DuplicateCommandError extends Error {
  override readonly name = 'DuplicateCommandError';
}

/** Finds every `@DeviceCommand` class of the application. */
@Injectable()
export class CommandExplorer implements OnModuleInit {
  private readonly handlers = new Map<string, CommandHandler>();

  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws DuplicateCommandError */
  onModuleInit(): void {
    for (const { metadata, instance, name } of discover(this.discovery, DeviceCommandType)) {
      const other = this.handlers.get(metadata.type);
      if (other)
        throw new DuplicateCommandError(
          `"${metadata.type}" has two handlers, ${other.className} and ${name}; to replace one, provide the other under its token.`,
        );
      this.handlers.set(metadata.type, {
        dto: metadata.dto,
        deadlineMs: metadata.deadlineMs,
        holdsRuntime: metadata.holdsRuntime ?? metadata.access === undefined,
        access: metadata.access,
        command: instance as DeviceCommandOf<object>,
        className: name,
      });
    }
  }

  find(type: string): CommandHandler | undefined {
    return this.handlers.get(type);
  }

  /** The types this device handles, sorted. */
  get types(): readonly string[] {
    return [...this.handlers.keys()].toSorted();
  }
}

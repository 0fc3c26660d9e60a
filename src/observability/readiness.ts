import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';

/** A part of the application that must work before it takes traffic; fails by throwing. */
export type ReadinessCheck = () => Promise<void> | void;

export type ReadinessState = 'starting' | 'ready' | 'draining';

/**
 * Whether this process should be given traffic: not before it listens, and no longer once it shuts down.
 *
 * @publicApi
 */
@Injectable()
export class Readiness implements OnModuleDestroy {
  readonly checks = new Map<string, ReadinessCheck>();
  private draining = false;

  constructor(private readonly host: HttpAdapterHost) {}

  get state(): ReadinessState {
    if (this.draining) return 'draining';
    return this.host.listening ? 'ready' : 'starting';
  }

  /** @param name shown in the answer of `/readyz` when the check fails */
  addCheck(name: string, check: ReadinessCheck): void {
    this.checks.set(name, check);
  }

  /** Nest's first hook of a shutdown, before any socket is closed. */
  onModuleDestroy(): void {
    this.draining = true;
  }
}

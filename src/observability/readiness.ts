import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { errorBody, type ErrorBody } from '../protocol/index.js';

/**
 * A part of the application that must work before it takes traffic; fails by throwing. What it returns `/readyz` says of it while it takes
 * traffic.
 */
export type ReadinessCheck = () => Promise<string | void> | string | void;

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

  /** Why this process should be given no traffic; undefined: it should. */
  async refusal(): Promise<ErrorBody | undefined> {
    if (this.state !== 'ready') return errorBody(this.state === 'starting' ? 'NOT_READY' : 'DRAINING');
    for (const [name, check] of this.checks) {
      try {
        await check();
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        return errorBody('NOT_READY', `${name} is not ready: ${why}`);
      }
    }
    return undefined;
  }

  /** Nest's first hook of a shutdown, before any socket is closed. */
  onModuleDestroy(): void {
    this.drain();
  }

  /** It shuts down: from now on it should be given no traffic. */
  drain(): void {
    this.draining = true;
  }
}

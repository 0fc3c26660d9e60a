import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import { Readiness } from '../../observability/index.js';
import { sleep, type Clock } from '../../protocol/index.js';
import { RelayOptions } from '../relay.options.js';

/** Gives load balancers the time to notice that this relay stops, before anybody else does. */
@Injectable()
export class DrainDelay implements OnModuleDestroy {
  private readonly log = new Logger(DrainDelay.name);

  constructor(
    private readonly readiness: Readiness,
    private readonly options: RelayOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Nest's first hook of a shutdown: nothing has been answered, refused or closed because of it. */
  async onModuleDestroy(): Promise<void> {
    const { drainDelayMs } = this.options;
    if (drainDelayMs === 0) return;
    this.readiness.drain();
    this.log.log('The relay stops: it is no longer ready, and goes on for a while.', { drainDelayMs });
    await sleep(this.clock, drainDelayMs);
  }
}

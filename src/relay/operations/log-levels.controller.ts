import { Body, Controller, Get, Logger, Optional, Put, UseGuards, UsePipes } from '@nestjs/common';
import { LogLevels, LogLevelsError } from '../../observability/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import { assertMayOperate } from '../access/assert-rights.js';
import type { Identity } from '../access/identity.js';
import { requestValidation } from '../environments/request-validation.pipe.js';
import { RelayError } from '../relay.error.js';
import { SetLogLevelsDto } from './set-log-levels.dto.js';

/** How much this relay logs. */
export interface LogLevelsAnswer {
  /** As `TWINLANE_LOG_LEVEL` has it. */
  readonly levels: string;
}

/** How much is logged, for operators, while the relay runs. Not kept: the next start has `TWINLANE_LOG_LEVEL` again. */
@Controller('v1/log-levels')
@UseGuards(AccessGuard)
@UsePipes(requestValidation)
export class LogLevelsController {
  private readonly log = new Logger('Relay');

  /** @param levels of the program's own log; undefined where a program that embeds the relay logs by itself */
  constructor(@Optional() private readonly levels?: LogLevels) {}

  /**
   * How much is logged now.
   *
   * @throws RelayError ACCESS_REFUSED, PATH_UNKNOWN
   */
  @Get()
  get(@Caller() caller: Identity): LogLevelsAnswer {
    assertMayOperate(caller);
    return { levels: String(this.known) };
  }

  /**
   * Changes how much is logged. It holds until the relay ends.
   *
   * @throws RelayError ACCESS_REFUSED, BAD_REQUEST, PATH_UNKNOWN
   */
  @Put()
  set(@Caller() caller: Identity, @Body() { levels }: SetLogLevelsDto): LogLevelsAnswer {
    assertMayOperate(caller);
    const { known } = this;
    try {
      known.set(levels);
    } catch (cause) {
      if (cause instanceof LogLevelsError) throw new RelayError('BAD_REQUEST', cause.message, { cause });
      throw cause;
    }
    this.log.warn('Log levels were changed.', { levels: String(known), tokenId: caller.tokenId });
    return { levels: String(known) };
  }

  private get known(): LogLevels {
    if (!this.levels) throw new RelayError('PATH_UNKNOWN', 'The program that this relay is part of logs by itself.');
    return this.levels;
  }
}

import { Body, Controller, Get, Logger, Optional, Put, Req, UseGuards, UsePipes } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { LogLevels, LogLevelsError } from '../../observability/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import { assertMayOperate } from '../access/assert-rights.js';
import type { Identity } from '../access/identity.js';
import { Audit, actorOf } from '../audit/audit.js';
import { requestValidation } from '../environments/request-validation.pipe.js';
import { RelayError } from '../relay.error.js';
import { SetLogLevelsDto } from './set-log-levels.dto.js';

/** Characters of one text in an entry of the audit log. */
const MOST_CHARACTERS = 200;

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
  constructor(
    private readonly audit: Audit,
    @Optional() private readonly levels?: LogLevels,
  ) {}

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
   * @throws RelayError ACCESS_REFUSED, BAD_REQUEST, PATH_UNKNOWN, AUDIT_NOT_KEPT
   */
  @Put()
  set(
    @Caller() caller: Identity,
    @Req() request: IncomingMessage,
    @Body() { levels }: SetLogLevelsDto,
  ): LogLevelsAnswer {
    assertMayOperate(caller);
    const { known } = this;
    this.audit.assertKept();
    const before = String(known);
    try {
      known.set(levels);
    } catch (cause) {
      if (cause instanceof LogLevelsError) throw new RelayError('BAD_REQUEST', cause.message, { cause });
      throw cause;
    }
    const after = String(known);
    this.log.warn('Log levels were changed.', { levels: after, tokenId: caller.tokenId });
    const details = { levels: after.slice(0, MOST_CHARACTERS), before: before.slice(0, MOST_CHARACTERS) };
    this.audit.record({ kind: 'log_levels_changed', actor: actorOf(caller, request), details });
    return { levels: after };
  }

  private get known(): LogLevels {
    if (!this.levels) throw new RelayError('PATH_UNKNOWN', 'The program that this relay is part of logs by itself.');
    return this.levels;
  }
}

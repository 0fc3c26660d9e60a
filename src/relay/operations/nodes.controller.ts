import { Controller, Get, UseGuards } from '@nestjs/common';
import type { RelayNodes } from '../../protocol/index.js';
import { AccessGuard, Caller } from '../access/access.guard.js';
import { assertMayOperate } from '../access/assert-rights.js';
import type { Identity } from '../access/identity.js';
import { Engine } from '../engine/engine.js';

/** The processes that are this relay. */
@Controller('v1/nodes')
@UseGuards(AccessGuard)
export class NodesController {
  constructor(private readonly engine: Engine) {}

  /**
   * The nodes of this relay that live, for operators: by what they said last, at most some seconds ago. One where the relay is one process.
   *
   * @throws RelayError ACCESS_REFUSED
   */
  @Get()
  get(@Caller() caller: Identity): RelayNodes {
    assertMayOperate(caller);
    return this.engine.nodes();
  }
}

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
   * The nodes of this relay that live, by what they said last, for operators; one where the relay is one process.
   *
   * @throws RelayError ACCESS_REFUSED
   */
  @Get()
  get(@Caller() caller: Identity): RelayNodes {
    assertMayOperate(caller);
    return { nodes: this.engine.nodes() };
  }
}

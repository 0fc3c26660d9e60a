import { setTimeout as wait } from 'node:timers/promises';
import { Inject } from '@nestjs/common';
import { type Agent, AgentProvider, type AgentTurn, type TurnEnd } from 'twinlane';
import { Counters } from './counters.js';
import { LISTENER_SETTINGS, type ListenerSettings } from './listener-messages.js';

export const AGENT_NAME = 'counting';

/** How often something is emitted, in ms, and how often in one turn. */
const TICK_MS = 20;
const TICKS_OF_A_TURN = 250;

/** A turn emits numbered events for some seconds. */
@AgentProvider(AGENT_NAME)
export class CountingAgent implements Agent {
  constructor(
    private readonly counters: Counters,
    @Inject(LISTENER_SETTINGS) private readonly settings: ListenerSettings,
  ) {}

  async start(turn: AgentTurn): Promise<TurnEnd> {
    const perTick = Math.max(1, Math.round((this.settings.perSecond * TICK_MS) / 1_000));
    for (let tick = 0; tick < TICKS_OF_A_TURN && !turn.signal.aborted; tick++) {
      await turn.ready();
      for (let event = 0; event < perTick; event++) this.counters.emit(turn.runtime);
      await wait(TICK_MS);
    }
    return { stopReason: 'end_turn' };
  }
}

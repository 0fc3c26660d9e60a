import { applyDecorators, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { Agent } from './agent.js';

/** Metadata of `@AgentProvider`: the agent's name. */
export const AgentName = DiscoveryService.createDecorator<string>();

/**
 * Makes a class an agent that `--agent name` (`TWINLANE_AGENT`) can pick. Provide it in any module beside `ListenerModule`.
 *
 * @publicApi
 */
export function AgentProvider(name: string): (target: Type<Agent>) => void {
  return applyDecorators(Injectable(), AgentName(name));
}

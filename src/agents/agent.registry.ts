import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { discover } from '../config/index.js';
import { AgentName } from './agent-provider.decorator.js';
import type { Agent } from './agent.js';

/** An agent that cannot be picked: unknown, or two of one name. */
export class AgentError extends Error {
  override readonly name = 'AgentError';
}

type FoundAgents = Map<string, { readonly agent: Agent; readonly className: string }>;

/** Every agent of the application, by name. */
@Injectable()
export class AgentRegistry implements OnModuleInit {
  private found: FoundAgents | undefined;

  constructor(private readonly discovery: DiscoveryService) {}

  /** @throws AgentError when two classes carry the same name */
  onModuleInit(): void {
    this.found ??= this.explore();
  }

  /** @throws AgentError that lists the known names */
  get(name: string): Agent {
    // Others may ask in their own onModuleInit, before ours.
    this.found ??= this.explore();
    const known = this.found.get(name);
    if (known) return known.agent;
    throw new AgentError(
      `There is no agent "${name}"; use one of: ${[...this.found.keys()].toSorted().join(', ') || '(none)'}.`,
    );
  }

  private explore(): FoundAgents {
    const found: FoundAgents = new Map();
    for (const { metadata: name, instance, name: className } of discover(this.discovery, AgentName)) {
      const other = found.get(name);
      if (other)
        throw new AgentError(
          `Two agents are called "${name}": ${other.className} and ${className}; rename one of them.`,
        );
      found.set(name, { agent: instance as Agent, className });
    }
    return found;
  }
}

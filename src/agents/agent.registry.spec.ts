import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { AgentProvider } from './agent-provider.decorator.js';
import { AgentRegistry } from './agent.registry.js';
import type { Agent, TurnEnd } from './agent.js';

@AgentProvider('parrot')
class Parrot implements Agent {
  start(): Promise<TurnEnd> {
    return Promise.resolve({ stopReason: 'end_turn' });
  }
}

@AgentProvider('parrot')
class OtherParrot extends Parrot {}

@AgentProvider('owl')
class Owl extends Parrot {}

const start = async (...providers: (new () => object)[]) => {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [AgentRegistry, ...providers],
  }).compile();
  await module.init();
  return module.get(AgentRegistry);
};

describe('AgentRegistry', () => {
  it('finds agents by the name they were decorated with', async () => {
    expect((await start(Parrot, Owl)).get('owl')).toBeInstanceOf(Owl);
  });

  it('names the agents there are when asked for another', async () => {
    const registry = await start(Parrot, Owl);
    expect(() => registry.get('crow')).toThrow('There is no agent "crow"; use one of: owl, parrot.');
  });

  it('refuses two agents of one name', async () => {
    await expect(start(Parrot, OtherParrot)).rejects.toThrow('Two agents are called "parrot"');
  });
});

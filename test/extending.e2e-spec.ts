import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Agent,
  AgentProvider,
  type AgentTurn,
  type ChannelClient,
  DeviceCommand,
  type DeviceCommandOf,
  LegacyLink,
  LINK_FACTORY,
  LINK_MONITOR,
  LinkParts,
  type LinkMonitor,
  ListenerModule,
  type Registration,
  STREAM_CLIENT,
  TOKEN_SOURCE,
  type TurnEnd,
  Workspace,
} from '../src/index.js';
import { isEvent } from '../src/client/index.js';
import { SILENT } from './kit/silent-logger.js';
import { onlineEnvironment, startRelay, TOKEN, urlOf } from './kit/twinlane.js';
import { TwinlaneClient } from '../src/client/index.js';
import { WebSocket } from 'ws';

class GreetDto {
  @IsString() name!: string;
}

@DeviceCommand('greet', GreetDto)
class GreetCommand implements DeviceCommandOf<GreetDto> {
  constructor(private readonly workspace: Workspace) {}

  handle({ name }: GreetDto) {
    return { greeting: `Hello, ${name}`, root: this.workspace.root };
  }
}

@Injectable()
@AgentProvider('echo')
class EchoAgent implements Agent {
  async start(turn: AgentTurn): Promise<TurnEnd> {
    turn.emit({ message_type: 'assistant_message', content: `echo: ${String(turn.messages[0]?.content)}` });
    return { stopReason: 'end_turn' };
  }
}

let close: () => Promise<void> = async () => {};
afterEach(() => close());

async function startTeam(
  listener: ReturnType<typeof ListenerModule.forRoot>,
  relay: Awaited<ReturnType<typeof startRelay>>,
) {
  @Module({ imports: [listener], providers: [GreetCommand, EchoAgent] })
  class TeamModule {}
  const app = await Test.createTestingModule({ imports: [TeamModule] })
    .setLogger(SILENT)
    .compile();
  await app.init();
  close = async () => {
    await app.close();
    await relay.close();
  };
  const monitor = app.get<LinkMonitor>(LINK_MONITOR, { strict: false });
  for await (const { phase } of monitor.states()) if (phase === 'ready') break;
  const client = new TwinlaneClient({ server: urlOf(relay), token: TOKEN, WebSocket });
  const attachment = await client.attach(await onlineEnvironment(client));
  await attachment.runtimeStart({ agent_id: null });
  return { app, monitor, attachment };
}

describe('a team’s own module', () => {
  const base = { token: TOKEN, deviceId: 'device-1', connectionName: 'team', agent: 'echo' };

  it('adds a command and an agent, found by discovery, and injects what it needs', async () => {
    const relay = await startRelay();
    const { app, attachment } = await startTeam(ListenerModule.forRoot({ server: urlOf(relay), ...base }), relay);
    expect(await attachment.command<string>('greet', { name: 'Ada' })).toMatchObject({
      greeting: 'Hello, Ada',
      root: process.cwd(),
    });
    await expect(attachment.command<string>('greet', {})).rejects.toMatchObject({
      code: 'COMMAND_INVALID',
      message: expect.stringContaining('name'),
    });
    const said: unknown[] = [];
    for await (const event of await attachment.turn('hi'))
      if (isEvent(event, 'stream_delta') && event.delta.message_type === 'assistant_message')
        said.push(event.delta['content']);
    expect(said).toEqual(['echo: hi']);
    expect(app.get<ChannelClient>(STREAM_CLIENT, { strict: false }).channel).toBe('stream');
    attachment.close();
  });

  it('takes its options asynchronously, and replaces parts room by room through extend', async () => {
    const relay = await startRelay();
    const listener = ListenerModule.forRootAsync({
      useFactory: async () => ({ ...base, server: urlOf(relay), token: 'replaced below' }),
      extend: {
        registration: { providers: [{ provide: TOKEN_SOURCE, useValue: { resolve: () => TOKEN } }] },
        transport: {
          providers: [
            {
              provide: LINK_FACTORY,
              inject: [LinkParts],
              useFactory: (parts: LinkParts) => (registration: Registration) => new LegacyLink(parts, registration),
            },
          ],
        },
      },
    });
    const { monitor, attachment } = await startTeam(listener, relay);
    expect(monitor.current.link).toEqual({ kind: 'legacy', resumable: false });
    const types: string[] = [];
    for await (const event of await attachment.turn('hi')) types.push(event.type);
    expect(types.at(-1)).toBe('turn_finished');
    attachment.close();
  });

  it('does not start with an agent that nobody provides, and says which there are', async () => {
    const module = Test.createTestingModule({
      imports: [ListenerModule.forRoot({ server: 'http://127.0.0.1:1', ...base, agent: 'nobody' })],
    });
    const app = await module.setLogger(SILENT).compile();
    await expect(app.init()).rejects.toThrow(/nobody.*shell/);
  });
});

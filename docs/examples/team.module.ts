import { Module } from '@nestjs/common';
import { IsString } from 'class-validator';
import {
  type Agent,
  AgentProvider,
  type AgentTurn,
  DeviceCommand,
  type DeviceCommandOf,
  inputText,
  ListenerModule,
  type ListenerModuleOptions,
  type TurnEnd,
  Workspace,
} from 'twinlane';

class GreetDto {
  @IsString() name!: string;
}

/** Answers `{ "type": "greet", "request_id": …, "name": … }`. */
@DeviceCommand('greet', GreetDto)
export class GreetCommand implements DeviceCommandOf<GreetDto> {
  constructor(private readonly workspace: Workspace) {}

  handle({ name }: GreetDto) {
    return { greeting: `Hello, ${name}`, root: this.workspace.root };
  }
}

/** `--agent echo`: says what it was told, once somebody allowed it. */
@AgentProvider('echo')
export class EchoAgent implements Agent {
  async start(turn: AgentTurn): Promise<TurnEnd> {
    const text = inputText(turn.messages);
    const question = { tool_name: 'echo', tool_call_id: turn.turnId, input: { text } };
    const { behavior } = await turn.askApproval(question);
    if (behavior === 'deny') return { stopReason: 'denied' };
    turn.emit({ message_type: 'assistant_message', content: `echo: ${text}` });
    return { stopReason: 'end_turn' };
  }
}

/** A listener with one more command and one more agent; both are found by discovery. */
@Module({ providers: [GreetCommand, EchoAgent] })
export class TeamModule {
  static forRoot(options: ListenerModuleOptions) {
    return { module: TeamModule, imports: [ListenerModule.forRoot({ agent: 'echo', ...options })] };
  }
}

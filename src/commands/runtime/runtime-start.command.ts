import { randomUUID } from 'node:crypto';
import { IsBoolean, IsNotEmpty, IsObject, IsOptional, IsString } from 'class-validator';
import { ConversationsService } from '../../conversations/index.js';
import { isRecord, type Runtime } from '../../protocol/index.js';
import { CommandError } from '../command.error.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { CommandContext, DeviceCommandOf } from '../device-command.js';
import { IsOmittable } from '../omittable.decorator.js';

export class RuntimeStartDto {
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  agent_id?: string | null;

  @IsOmittable()
  @IsObject()
  create_agent?: Record<string, unknown>;

  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  conversation_id?: string;

  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  cwd?: string;

  @IsOmittable()
  @IsString()
  mode?: string;

  @IsOmittable()
  @IsBoolean()
  recover_approvals?: boolean;
}

/** Opens a runtime, a new one where ids are missing, and shows its state. `MODE_UNKNOWN` names the modes there are. */
@DeviceCommand('runtime_start', RuntimeStartDto)
export class RuntimeStartCommand implements DeviceCommandOf<RuntimeStartDto> {
  constructor(private readonly conversations: ConversationsService) {}

  async handle(start: RuntimeStartDto, { afterAnswer }: CommandContext): Promise<object> {
    const createsAgent = isRecord(start.create_agent);
    if (createsAgent === (start.agent_id !== undefined))
      throw new CommandError('COMMAND_INVALID', 'agent_id or create_agent: pass one of the two, and not both.');
    const runtime: Runtime = {
      agent_id: createsAgent ? `agent-${randomUUID()}` : (start.agent_id ?? null),
      conversation_id: start.conversation_id ?? `conv-${randomUUID()}`,
    };
    const conversation = this.conversations.of(runtime);
    await conversation.configure({ mode: start.mode, cwd: start.cwd });
    afterAnswer(() => {
      conversation.replay();
      if (start.recover_approvals) conversation.replayApprovals();
    });
    return {
      runtime,
      created: { agent: createsAgent, conversation: start.conversation_id === undefined },
      agent: runtime.agent_id === null ? null : { id: runtime.agent_id, name: nameOf(start) ?? runtime.agent_id },
      conversation: { id: runtime.conversation_id, agent_id: runtime.agent_id },
    };
  }
}

function nameOf({ create_agent }: RuntimeStartDto): string | undefined {
  const body = isRecord(create_agent?.['body']) ? create_agent['body'] : create_agent;
  const name = body?.['name'];
  return typeof name === 'string' ? name : undefined;
}

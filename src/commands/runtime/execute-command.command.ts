import { randomUUID } from 'node:crypto';
import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { type Conversation, ConversationsService } from '../../conversations/index.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { RuntimeCommandDto, scopeOf } from './runtime.dto.js';
import { SlashCommands } from './slash-commands.js';

export class ExecuteCommandDto extends RuntimeCommandDto {
  @IsString()
  @IsNotEmpty()
  command_id!: string;

  @IsOptional()
  args?: unknown;
}

interface Outcome {
  readonly success: boolean;
  readonly output: string;
}

/** Runs a slash command; its start and end show as deltas to everybody who watches. */
@DeviceCommand('execute_command', ExecuteCommandDto, { holdsRuntime: false })
export class ExecuteCommandCommand implements DeviceCommandOf<ExecuteCommandDto> {
  constructor(
    private readonly conversations: ConversationsService,
    private readonly commands: SlashCommands,
  ) {}

  async handle(execute: ExecuteCommandDto): Promise<object> {
    const { command_id, args } = execute;
    const conversation = this.conversations.of(scopeOf(execute));
    const input = typeof args === 'string' && args !== '' ? `/${command_id} ${args}` : `/${command_id}`;
    this.note(conversation, 'slash_command_start', { command_id, input });
    const outcome = await this.run(conversation, command_id, args);
    this.note(conversation, 'slash_command_end', { command_id, input, ...outcome });
    return outcome;
  }

  private async run(conversation: Conversation, id: string, args: unknown): Promise<Outcome> {
    const command = this.commands.find(id);
    if (!command) return { success: false, output: `Unknown command: ${id}` };
    try {
      return { success: true, output: await command.run(conversation, args) };
    } catch (error) {
      return { success: false, output: error instanceof Error ? error.message : String(error) };
    }
  }

  private note(
    conversation: Conversation,
    message_type: 'slash_command_start' | 'slash_command_end',
    fields: object,
  ): void {
    conversation.note({ message_type, id: `lifecycle-${randomUUID()}`, ...fields });
  }
}

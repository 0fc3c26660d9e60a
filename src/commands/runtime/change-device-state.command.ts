import { Type } from 'class-transformer';
import { IsNotEmpty, IsObject, IsString, ValidateNested } from 'class-validator';
import { ConversationsService } from '../../conversations/index.js';
import type { Frame } from '../../protocol/index.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { RuntimeCommandDto, runtimeField, scopeOf } from './runtime.dto.js';
import { IsOmittable } from '../omittable.decorator.js';

export class DeviceStateDto {
  @IsOmittable()
  @IsString()
  mode?: string;

  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  cwd?: string;

  /** Id of one of `agent_status.modes`. Ours. */
  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  agent_mode?: string;
}

export class ChangeDeviceStateDto extends RuntimeCommandDto {
  @IsObject()
  @ValidateNested()
  @Type(() => DeviceStateDto)
  payload!: DeviceStateDto;
}

/** Changes the permission mode, the working directory or the agent's own mode of a runtime; the effect shows in `update_device_status`. `MODE_UNKNOWN` names the modes there are. */
@DeviceCommand('change_device_state', ChangeDeviceStateDto)
export class ChangeDeviceStateCommand implements DeviceCommandOf<ChangeDeviceStateDto> {
  constructor(private readonly conversations: ConversationsService) {}

  async handle(change: ChangeDeviceStateDto): Promise<object> {
    const runtime = scopeOf(change);
    const conversation = this.conversations.of(runtime);
    const { agent_mode } = change.payload;
    if (agent_mode !== undefined) await conversation.setAgentMode(agent_mode);
    await conversation.configure(change.payload);
    conversation.reportDevice();
    return { runtime };
  }

  errorFields(frame: Frame): object {
    return runtimeField(frame);
  }
}

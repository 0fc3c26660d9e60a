import { IsString } from 'class-validator';
import { ConversationsService } from '../../conversations/index.js';
import type { Frame } from '../../protocol/index.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { RuntimeCommandDto, runtimeField, scopeOf } from './runtime.dto.js';
import { IsOmittable } from '../omittable.decorator.js';

export class AbortMessageDto extends RuntimeCommandDto {
  @IsOmittable()
  @IsString()
  run_id?: string | null;
}

/** Aborts the turn under way; inputs that wait stay. With `run_id` only that turn (reliability C22). */
@DeviceCommand('abort_message', AbortMessageDto)
export class AbortMessageCommand implements DeviceCommandOf<AbortMessageDto> {
  constructor(private readonly conversations: ConversationsService) {}

  handle(abort: AbortMessageDto): object {
    const runtime = scopeOf(abort);
    return { runtime, aborted: this.conversations.find(runtime)?.abort(abort.run_id ?? undefined) ?? false };
  }

  errorFields(frame: Frame): object {
    return { ...runtimeField(frame), aborted: false };
  }
}

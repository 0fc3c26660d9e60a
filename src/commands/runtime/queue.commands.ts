import { IsNotEmpty, IsString } from 'class-validator';
import { ConversationsService } from '../../conversations/index.js';
import type { Frame } from '../../protocol/index.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { RuntimeCommandDto, runtimeField, scopeOf } from './runtime.dto.js';

export class RemoveQueueItemDto extends RuntimeCommandDto {
  @IsString()
  @IsNotEmpty()
  item_id!: string;
}

/** Takes an input that waits out of its queue. */
@DeviceCommand('remove_queue_item', RemoveQueueItemDto)
export class RemoveQueueItemCommand implements DeviceCommandOf<RemoveQueueItemDto> {
  constructor(private readonly conversations: ConversationsService) {}

  handle(remove: RemoveQueueItemDto): object {
    const runtime = scopeOf(remove);
    const success = this.conversations.find(runtime)?.removeQueued(remove.item_id) ?? false;
    return { runtime, item_id: remove.item_id, success };
  }

  errorFields(frame: Frame): object {
    return runtimeField(frame);
  }
}

/** Our queues never stand still, so there is nothing to resume. */
@DeviceCommand('resume_queue', RuntimeCommandDto)
export class ResumeQueueCommand implements DeviceCommandOf<RuntimeCommandDto> {
  handle(resume: RuntimeCommandDto): object {
    return { runtime: scopeOf(resume), resumed: 0 };
  }

  errorFields(frame: Frame): object {
    return runtimeField(frame);
  }
}

import { IsNotEmpty, IsString } from 'class-validator';
import { ConversationsService } from '../../conversations/index.js';
import type { Frame } from '../../protocol/index.js';
import { CommandError } from '../command.error.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { RuntimeCommandDto, runtimeField, scopeOf } from './runtime.dto.js';

export class RemoveQueueItemDto extends RuntimeCommandDto {
  @IsString()
  @IsNotEmpty()
  item_id!: string;
}

/** Takes an input that waits out of its queue; everybody is told by `update_queue`. Fails with `QUEUE_ITEM_UNKNOWN` when it does not wait. */
@DeviceCommand('remove_queue_item', RemoveQueueItemDto)
export class RemoveQueueItemCommand implements DeviceCommandOf<RemoveQueueItemDto> {
  constructor(private readonly conversations: ConversationsService) {}

  handle(remove: RemoveQueueItemDto): object {
    const runtime = scopeOf(remove);
    if (!this.conversations.find(runtime)?.removeQueued(remove.item_id)) throw new CommandError('QUEUE_ITEM_UNKNOWN');
    return { runtime, item_id: remove.item_id };
  }

  errorFields(frame: Frame): object {
    return { ...runtimeField(frame), item_id: frame['item_id'] };
  }
}

/** Has a queue that stands still go on; `resumed` says how many did. Ours never stand still, so it is 0. */
@DeviceCommand('resume_queue', RuntimeCommandDto)
export class ResumeQueueCommand implements DeviceCommandOf<RuntimeCommandDto> {
  handle(resume: RuntimeCommandDto): object {
    return { runtime: scopeOf(resume), resumed: 0 };
  }

  errorFields(frame: Frame): object {
    return runtimeField(frame);
  }
}

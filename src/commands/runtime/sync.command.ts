import { IsBoolean } from 'class-validator';
import { ConversationsService } from '../../conversations/index.js';
import type { Frame } from '../../protocol/index.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { RuntimeCommandDto, runtimeField, scopeOf } from './runtime.dto.js';
import { IsOmittable } from '../omittable.decorator.js';

export class SyncDto extends RuntimeCommandDto {
  @IsOmittable()
  @IsBoolean()
  recover_approvals?: boolean;
}

/**
 * Shows a runtime's state to a client of a server that does not answer `sync` itself. Pending approvals come as new
 * events under their old `request_id`, as stock listeners do it: an event has one place in its runtime's order, so the
 * old one is not sent twice, and whoever knows the id already sees that it is the same question.
 */
@DeviceCommand('sync', SyncDto)
export class SyncCommand implements DeviceCommandOf<SyncDto> {
  constructor(private readonly conversations: ConversationsService) {}

  handle(sync: SyncDto): object {
    const runtime = scopeOf(sync);
    const conversation = this.conversations.of(runtime);
    if (sync.recover_approvals) conversation.replayApprovals();
    conversation.replay();
    return { runtime };
  }

  errorFields(frame: Frame): object {
    return runtimeField(frame);
  }
}

import { ConversationError, ConversationsService } from '../../conversations/index.js';
import type { Frame } from '../../protocol/index.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { InputDto } from './input.dto.js';
import { runtimeField, scopeOf } from './runtime.dto.js';

/**
 * Starts or queues a turn, or answers an approval. Answered at acceptance, not at the turn's end. An input fails with `TOO_MANY`
 * when too many wait, `DRAINING` when the listener is stopping, `INPUT_NOT_KEPT` when it cannot be written down; an answer with
 * `ALREADY_ANSWERED` or `APPROVAL_UNKNOWN`.
 */
@DeviceCommand('input', InputDto)
export class InputCommand implements DeviceCommandOf<InputDto> {
  constructor(private readonly conversations: ConversationsService) {}

  handle(input: InputDto): object {
    const { payload } = input;
    const runtime = scopeOf(input);
    if (payload.kind === 'create_message')
      return { runtime, ...this.conversations.of(runtime).accept(payload.messages) };
    const conversation = this.conversations.find(runtime);
    if (!conversation) throw new ConversationError('APPROVAL_UNKNOWN');
    conversation.answer(payload.request_id, payload.decision);
    return { runtime, accepted: true };
  }

  errorFields(frame: Frame): object {
    return runtimeField(frame);
  }
}

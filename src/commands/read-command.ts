import type { Type } from '@nestjs/common';
import { OptionsError, validateOptions } from '../config/index.js';
import { type Frame, readRuntime, type Runtime } from '../protocol/index.js';
import { CommandError } from './command.error.js';

/** The conversation that a legacy `message` means when it names none. */
const DEFAULT_CONVERSATION = 'default';

/** Legacy servers send inputs in a frame of their own (protocol section 2). */
export function modernise(frame: Frame): Frame {
  if (frame.type !== 'message') return frame;
  const { agentId, conversationId, messages, request_id } = frame;
  return {
    type: 'input',
    ...(request_id === undefined ? {} : { request_id }),
    runtime: { agent_id: agentId ?? null, conversation_id: conversationId ?? DEFAULT_CONVERSATION },
    payload: { kind: 'create_message', messages },
  };
}

/** The runtime of a command; `runtime_start` names its ids on top level. */
export function runtimeOfCommand(frame: Frame): Runtime | undefined {
  return readRuntime(frame['runtime']) ?? readRuntime(frame);
}

/**
 * Reads a command into its DTO.
 *
 * @throws CommandError `COMMAND_INVALID` that names each missing or wrong field by its path, like `payload.messages`
 */
export function readCommand<Dto extends object>(dto: Type<Dto>, frame: Frame): Dto {
  try {
    return validateOptions(dto, frame, (property) => property);
  } catch (cause) {
    if (cause instanceof OptionsError) throw new CommandError('COMMAND_INVALID', cause.problems.join(' '), { cause });
    throw new CommandError('COMMAND_INVALID', 'The command cannot be read; send plain JSON values.', { cause });
  }
}

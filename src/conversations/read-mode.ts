import { PERMISSION_MODES, type PermissionMode } from '../protocol/index.js';
import { ConversationError } from './conversation.error.js';

/** @throws ConversationError `MODE_UNKNOWN` that names the modes there are */
export function readMode(mode: string): PermissionMode {
  const known = knownMode(mode);
  if (known) return known;
  throw new ConversationError(
    'MODE_UNKNOWN',
    `This device has no mode "${mode}"; use one of: ${PERMISSION_MODES.join(', ')}.`,
  );
}

/** The mode of this name; undefined when there is none, perhaps not any more. */
export function knownMode(mode: string | undefined): PermissionMode | undefined {
  return PERMISSION_MODES.find((candidate) => candidate === mode);
}

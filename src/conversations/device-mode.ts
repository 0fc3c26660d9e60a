import { ConversationError } from './conversation.error.js';

/** The permission modes this device implements, of those the protocol knows. */
export const DEVICE_MODES = ['standard', 'unrestricted'] as const;
export type DeviceMode = (typeof DEVICE_MODES)[number];

/** @throws ConversationError `MODE_UNKNOWN` that names the modes there are */
export function readMode(mode: string): DeviceMode {
  const known = knownMode(mode);
  if (known) return known;
  throw new ConversationError('MODE_UNKNOWN', `This device has no mode "${mode}"; use ${DEVICE_MODES.join(' or ')}.`);
}

/** The mode of this name; undefined when there is none, perhaps not any more. */
export function knownMode(mode: string | undefined): DeviceMode | undefined {
  return DEVICE_MODES.find((candidate) => candidate === mode);
}

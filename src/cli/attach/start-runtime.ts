import { CLIENT_LIMITS, type Attachment, type ClientLimits } from '../../client/index.js';
import type { AttachSettings } from '../settings/client.settings.js';
import { inWords, notThere, whileHopeful } from './listener-gone.js';

/** What it takes at the most to find out that a listener is not there, in ms. */
const NOTICE_MS = 15_000;

/** A command without an answer is given up after its listener, which says more. */
export function commandLimits({ waitMs }: AttachSettings): Pick<ClientLimits, 'commandTimeoutMs'> {
  return { commandTimeoutMs: Math.max(CLIENT_LIMITS.commandTimeoutMs, waitMs + NOTICE_MS) };
}

/**
 * Starts the conversation that the settings name, or a new one.
 *
 * @param name of the environment
 * @throws CliError when its listener is not there and does not come back for a while
 */
export async function startRuntime(
  attachment: Attachment,
  { agentId, conversation, waitMs }: AttachSettings,
  name: string,
): Promise<void> {
  const started = attachment.runtimeStart({
    agent_id: agentId ?? null,
    ...(conversation === undefined ? {} : { conversation_id: conversation }),
    client_info: { name: 'twinlane attach' },
  });
  try {
    await whileHopeful(attachment, started, waitMs, () => notThere(name, waitMs));
  } catch (error) {
    throw inWords(error, name);
  }
}

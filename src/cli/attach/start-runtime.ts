import type { Attachment } from '../../client/index.js';
import type { AttachSettings } from '../settings/client.settings.js';
import { inWords, notThere, whileHopeful } from './listener-gone.js';

/**
 * Starts the conversation that the settings name, or a new one.
 *
 * @param name of the environment
 * @throws CliError when its listener is not there and does not come back for a while
 */
export async function startRuntime(
  attachment: Attachment,
  { agentId, conversation }: AttachSettings,
  name: string,
): Promise<void> {
  const started = attachment.runtimeStart({
    agent_id: agentId ?? null,
    ...(conversation === undefined ? {} : { conversation_id: conversation }),
    client_info: { name: 'twinlane attach' },
  });
  try {
    await whileHopeful(
      attachment,
      started,
      (presence) => presence !== 'linked',
      () => notThere(name),
    );
  } catch (error) {
    throw inWords(error, name);
  }
}

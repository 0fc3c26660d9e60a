import type { Attachment } from '../../client/index.js';
import type { AttachSettings } from '../settings/client.settings.js';

/** Starts the conversation that the settings name, or a new one. */
export async function startRuntime(attachment: Attachment, { agentId, conversation }: AttachSettings): Promise<void> {
  await attachment.runtimeStart({
    agent_id: agentId ?? null,
    ...(conversation === undefined ? {} : { conversation_id: conversation }),
    client_info: { name: 'twinlane attach' },
  });
}

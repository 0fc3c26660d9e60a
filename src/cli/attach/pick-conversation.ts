import type { TwinlaneClient } from '../../client/index.js';
import type { EnvironmentRecord, Runtime } from '../../protocol/index.js';
import { usageError } from '../cli.error.js';
import type { AttachSettings } from '../settings/client.settings.js';

/**
 * The conversation that is to be watched.
 *
 * @throws CliError where none is named
 */
export async function pickConversation(
  _client: TwinlaneClient,
  _environment: EnvironmentRecord,
  { conversation, agentId }: AttachSettings,
): Promise<Runtime> {
  if (conversation === undefined) throw usageError('Which conversation? Name it with --conversation <id>.');
  return { agent_id: agentId ?? null, conversation_id: conversation };
}

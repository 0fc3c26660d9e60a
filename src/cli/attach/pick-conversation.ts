import type { TwinlaneClient } from '../../client/index.js';
import type { EnvironmentRecord, RuntimeEntry } from '../../protocol/index.js';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import type { AttachSettings } from '../settings/client.settings.js';
import { visibleLine } from '../text.js';

/** A conversation, and what people call it, where that is known. */
export type PickedConversation = Pick<RuntimeEntry, 'runtime' | 'title'>;

/**
 * The conversation that is to be watched: the one that is named, else the one in which something happened last.
 *
 * @throws CliError where there is none
 */
export async function pickConversation(
  client: Pick<TwinlaneClient, 'runtimes'>,
  environment: EnvironmentRecord,
  { conversation, agentId }: Pick<AttachSettings, 'conversation' | 'agentId'>,
): Promise<PickedConversation> {
  // One of which there are no events yet is nobody's mistake: they come.
  if (conversation !== undefined && agentId !== undefined)
    return { runtime: { agent_id: agentId, conversation_id: conversation } };
  const { runtimes } = await client.runtimes(environment);
  const newest = runtimes.find(
    ({ runtime: { agent_id: agent, conversation_id: id } }) =>
      (conversation === undefined || id === conversation) && (agentId === undefined || agent === agentId),
  );
  if (newest) return newest;
  if (conversation !== undefined) return { runtime: { agent_id: null, conversation_id: conversation } };
  throw new CliError(
    `Nothing has happened in ${visibleLine(environment.connectionName)} yet: name a conversation with --conversation, or wait until somebody attaches.`,
    EXIT.UNREACHABLE,
  );
}

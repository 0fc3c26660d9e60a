import { TwinlaneClient, type Attachment } from '../../client/index.js';
import type { CliIo } from '../cli-io.js';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { findRelay } from '../find-relay.js';
import { outbound } from '../outbound/outbound.js';
import { AttachSettings } from '../settings/client.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { aborted, keepAlive } from '../waiting.js';
import { pickEnvironment } from './pick-environment.js';
import { readInput } from './read-input.js';
import { TurnRun } from './turn-run.js';

/** `twinlane attach`: runs one turn, shows what it produces, and ends with its exit code. */
export function attachCommand(
  words: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  io: CliIo,
): Promise<number> {
  const settings = readSettings('attach', AttachSettings, { flags, env: io.env });
  return keepAlive(async () => {
    const interruption = aborted(io.interrupted).then(() => new CliError('', EXIT.ABORTED));
    const input = await orStop(readInput(words, io), interruption);
    const access = await findRelay(settings);
    const way = await outbound(access.server, settings, io.env);
    const client = new TwinlaneClient({ ...access, ...way.client });
    const environment = pickEnvironment(await orStop(client.environments(), interruption), settings.environment);
    const attachment = await orStop(client.attach(environment), interruption);
    try {
      await orStop(startRuntime(attachment, settings), interruption);
      const turn = await orStop(attachment.turn(input), interruption);
      return await new TurnRun(attachment, turn, settings.approve, io).follow();
    } finally {
      attachment.close();
    }
  });
}

async function startRuntime(attachment: Attachment, { agentId, conversation }: AttachSettings): Promise<void> {
  await attachment.runtimeStart({
    agent_id: agentId ?? null,
    ...(conversation === undefined ? {} : { conversation_id: conversation }),
    client_info: { name: 'twinlane attach' },
  });
}

/** Until there is a turn, an interruption just ends the command. */
async function orStop<T>(work: Promise<T>, interruption: Promise<CliError>): Promise<T> {
  const stop = interruption.then((error) => Promise.reject(error));
  return Promise.race([work, stop]);
}

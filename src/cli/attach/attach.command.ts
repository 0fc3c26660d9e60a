import { TwinlaneClient } from '../../client/index.js';
import { SYSTEM_CLOCK } from '../../protocol/index.js';
import type { CliIo } from '../cli-io.js';
import { CliError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { findRelay } from '../find-relay.js';
import { outbound } from '../outbound/outbound.js';
import { AttachSettings } from '../settings/client.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { aborted, keepAlive } from '../waiting.js';
import { Output } from '../output.js';
import { paintFor } from '../paint.js';
import { LineAsker } from './line-asker.js';
import { tellLinkNews, tellListenerNews } from './link-news.js';
import { inWords, outcomeUnknown, whileHopeful } from './listener-gone.js';
import { pickEnvironment } from './pick-environment.js';
import { readInput } from './read-input.js';
import { commandLimits, startRuntime } from './start-runtime.js';
import { TurnRun } from './turn-run.js';
import { watchConversation } from './watch.js';

/**
 * `twinlane attach`: runs one turn, shows what it produces, and ends with its exit code. Without a text, at a terminal: a
 * session.
 */
export function attachCommand(
  words: readonly string[],
  flags: Readonly<Record<string, unknown>>,
  io: CliIo,
): Promise<number> {
  const settings = readSettings('attach', AttachSettings, { flags, env: io.env });
  return keepAlive(async () => {
    if (settings.watch) return watchConversation(words, settings, io);
    if (words.length === 0 && io.stdin.isTTY && io.stdout.isTTY)
      return (await import('../session/session.command.js')).runSession(settings, io);
    const interruption = aborted(io.interrupted).then(() => new CliError('', EXIT.ABORTED));
    const input = await orStop(readInput(words, io), interruption);
    const access = await findRelay(settings, io);
    const way = await outbound(access.server, settings, io.env);
    const { clock = SYSTEM_CLOCK } = io;
    const client = new TwinlaneClient({ ...access, ...way.client, limits: commandLimits(settings), clock });
    const environment = pickEnvironment(await orStop(client.environments(), interruption), settings.environment);
    const attachment = await orStop(client.attach(environment), interruption);
    const { connectionName: name } = environment;
    const [stdout, stderr] = [new Output(io.stdout), new Output(io.stderr)];
    void tellLinkNews(attachment, stderr);
    void tellListenerNews(attachment, name, stderr);
    const whileThere = <T>(work: Promise<T>): Promise<T> =>
      whileHopeful(attachment, work, settings.waitMs, () =>
        outcomeUnknown(name, settings.waitMs, attachment.runtime?.conversation_id),
      );
    try {
      await orStop(startRuntime(attachment, settings, name), interruption);
      const turn = await orStop(whileThere(attachment.turn(input)), interruption);
      const interrupted = aborted(io.interrupted);
      const asker = new LineAsker(io, stderr);
      const paint = paintFor(io.stderr, io.env);
      const view = { stdout, stderr, paint, approve: settings.approve, asker, interrupted };
      return await whileThere(new TurnRun(attachment, turn, view).follow());
    } catch (error) {
      throw inWords(error, name);
    } finally {
      attachment.close();
    }
  });
}

/** Until there is a turn, an interruption just ends the command. */
async function orStop<T>(work: Promise<T>, interruption: Promise<CliError>): Promise<T> {
  const stop = interruption.then((error) => Promise.reject(error));
  return Promise.race([work, stop]);
}

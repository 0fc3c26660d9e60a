import { TwinlaneClient, type Attachment } from '../../client/index.js';
import { SYSTEM_CLOCK } from '../../protocol/index.js';
import type { CliIo } from '../cli-io.js';
import { usageError } from '../cli.error.js';
import { EXIT } from '../exit-codes.js';
import { findRelay } from '../find-relay.js';
import { outbound } from '../outbound/outbound.js';
import { Output } from '../output.js';
import { paintFor } from '../paint.js';
import type { AttachSettings } from '../settings/client.settings.js';
import { visibleLine } from '../text.js';
import { aborted } from '../waiting.js';
import { tellLinkNews, tellListenerNews } from './link-news.js';
import { pickConversation } from './pick-conversation.js';
import { pickEnvironment } from './pick-environment.js';
import { WatchPrinter } from './watch-printer.js';

/**
 * `twinlane attach --watch`: shows what happens in a conversation until Ctrl-C, and sends nothing.
 *
 * @returns the exit code
 */
export async function watchConversation(
  words: readonly string[],
  settings: AttachSettings,
  io: CliIo,
): Promise<number> {
  if (words.length > 0) throw usageError('--watch sends nothing: leave out the text, or --watch.');
  const access = await findRelay(settings, io);
  const way = await outbound(access.server, settings, io.env);
  const client = new TwinlaneClient({ ...access, ...way.client, clock: io.clock ?? SYSTEM_CLOCK });
  const environment = pickEnvironment(await client.environments(), settings.environment);
  const { runtime, title } = await pickConversation(client, environment, settings);
  const attachment = await client.attach(environment, { runtime });
  const [stdout, stderr] = [new Output(io.stdout), new Output(io.stderr)];
  // Whoever follows this one is told as long as nobody stops it.
  const leave = (): void => attachment.close();
  void aborted(io.interrupted).then(leave);
  void stdout.gone.then(leave);
  const name = visibleLine(environment.connectionName);
  void tellLinkNews(attachment, stderr);
  void tellListenerNews(attachment, environment.connectionName, stderr);
  try {
    const called = title === undefined ? '' : ` ("${visibleLine(title)}")`;
    await stderr.line(
      `Watching conversation ${visibleLine(runtime.conversation_id)}${called} of ${name}; Ctrl-C leaves.`,
    );
    await follow(attachment, new WatchPrinter(stdout, stderr, paintFor(io.stderr, io.env)));
    return EXIT.OK;
  } finally {
    attachment.close();
  }
}

/** Until it is left. @throws DisconnectedError, TokenRefusedError */
async function follow(attachment: Attachment, printer: WatchPrinter): Promise<void> {
  for await (const frame of attachment.events()) await printer.print(frame);
}

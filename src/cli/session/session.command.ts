import { TwinlaneClient } from '../../client/index.js';
import { SYSTEM_CLOCK } from '../../protocol/index.js';
import { commandLimits, startRuntime } from '../attach/start-runtime.js';
import type { CliIo } from '../cli-io.js';
import { LineHistory } from '../data-dir/line-history.js';
import { EXIT } from '../exit-codes.js';
import { findRelay } from '../find-relay.js';
import { outbound } from '../outbound/outbound.js';
import type { AttachSettings } from '../settings/client.settings.js';
import { visibleLine } from '../text.js';
import { aborted } from '../waiting.js';
import { chooseEnvironment } from './choose-environment.js';
import { Session } from './session.js';
import { Terminal } from './terminal.js';

/** Somebody who shuts the laptop comes back to the same session, in ms: three days. */
const RECONNECT_FOR_MS = 3 * 24 * 3_600_000;

/** `twinlane attach` without a text, at a terminal. */
export async function runSession(settings: AttachSettings, io: CliIo): Promise<number> {
  const access = await findRelay(settings, io);
  const way = await outbound(access.server, settings, io.env);
  const limits = { ...commandLimits(settings), reconnectForMs: RECONNECT_FOR_MS };
  const client = new TwinlaneClient({ ...access, ...way.client, limits, clock: io.clock ?? SYSTEM_CLOCK });
  const environments = await client.environments();
  const history = new LineHistory(settings.dataDir);
  const terminal = new Terminal(io, await history.read(), history.limit);
  // Until there is a session, Ctrl-C just leaves.
  const left = new Promise<'left'>((resolve) => {
    terminal.interrupted = () => resolve('left');
    void aborted(io.interrupted).then(() => resolve('left'));
  });
  try {
    const environment = await chooseEnvironment(environments, settings.environment, terminal, io.interrupted);
    if (environment === undefined) return EXIT.ABORTED;
    if ('left' in environment) return environment.left === 'ended' ? EXIT.OK : EXIT.ABORTED;
    const attachment = await Promise.race([client.attach(environment), left]);
    if (attachment === 'left') return EXIT.ABORTED;
    try {
      const { connectionName: name } = environment;
      const session = new Session(attachment, environment, terminal, history, settings.approve);
      void session.followListener();
      if ((await Promise.race([startRuntime(attachment, settings, name), left])) === 'left') return EXIT.ABORTED;
      await terminal.output.line(
        `Attached to ${visibleLine(name)}. /help shows what can be typed. Ctrl-C aborts a turn, twice leaves; so does Ctrl-D.`,
      );
      void aborted(io.interrupted).then(() => session.leave(EXIT.ABORTED));
      return await session.run();
    } finally {
      attachment.close();
    }
  } finally {
    terminal.close();
  }
}

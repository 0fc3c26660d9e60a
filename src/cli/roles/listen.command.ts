import type { CliIo } from '../cli-io.js';
import { findRelay } from '../find-relay.js';
import { outbound } from '../outbound/outbound.js';
import { ListenSettings } from '../settings/listen.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { keepAlive } from '../waiting.js';
import { attachNext, banner, healthLines, listenerLines } from './banner.js';
import { runListener } from './run-listener.js';
import { withHealthPort } from './serve-health.js';
import { serveListener } from './serve-listener.js';

/** `twinlane listen`: the device role alone. */
export function listenCommand(flags: Readonly<Record<string, unknown>>, io: CliIo): Promise<number> {
  const settings = readSettings('listen', ListenSettings, { flags, env: io.env });
  return keepAlive(async () => {
    const access = await findRelay(settings, io);
    // Later it is tried again; whoever starts is told.
    await access.token();
    const listener = await runListener(settings, access, await outbound(access.server, settings, io.env), io.cwd);
    return withHealthPort(settings, [listener], (healthUrl) =>
      serveListener(listener, io, () => {
        const lines = [...listenerLines(listener, settings), ...healthLines(healthUrl)];
        return banner([['relay', access.server], ...lines], attachNext(settings, settings.server));
      }),
    );
  });
}

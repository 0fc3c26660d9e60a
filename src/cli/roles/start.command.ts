import type { CliIo } from '../cli-io.js';
import { ListenSettings } from '../settings/listen.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { RelaySettings } from '../settings/relay.settings.js';
import { aborted, keepAlive } from '../waiting.js';
import { attachNext, banner, listenerLines, relayLines } from './banner.js';
import { runListener } from './run-listener.js';
import { runRelay } from './run-relay.js';
import { serveListener } from './serve-listener.js';

/** `twinlane start`: a relay and, once it listens, a listener for it; two applications in one process. */
export function startCommand(flags: Readonly<Record<string, unknown>>, io: CliIo): Promise<number> {
  const sources = { flags, env: io.env, defaults: { logLevel: 'warn' } };
  const relaySettings = readSettings('start', RelaySettings, sources);
  const listenSettings = readSettings('start', ListenSettings, sources);
  return keepAlive(async () => {
    const relay = await runRelay(relaySettings);
    try {
      const listener = await runListener(listenSettings, { server: relay.url, token: relay.token }, io.cwd);
      const exitCode = await serveListener(listener, io, () => {
        return banner([...relayLines(relay), ...listenerLines(listener, listenSettings)], attachNext());
      });
      if (io.interrupted.aborted) return exitCode;
      // Another listener took over, and needs the relay.
      io.stderr.write('The relay goes on; Ctrl-C stops it.\n');
      await aborted(io.interrupted);
      return exitCode;
    } finally {
      await relay.close();
    }
  });
}

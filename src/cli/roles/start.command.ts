import type { CliIo } from '../cli-io.js';
import { outbound } from '../outbound/outbound.js';
import { ListenSettings } from '../settings/listen.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { RelaySettings } from '../settings/relay.settings.js';
import { fixedToken } from '../token-source/token-source.js';
import { aborted, keepAlive } from '../waiting.js';
import { attachNext, banner, healthLines, listenerLines, relayLines } from './banner.js';
import { runListener } from './run-listener.js';
import { runRelay } from './run-relay.js';
import { withHealthPort } from './serve-health.js';
import { serveListener } from './serve-listener.js';

/** `twinlane start`: a relay and, once it listens, a listener for it; two applications in one process. */
export function startCommand(flags: Readonly<Record<string, unknown>>, io: CliIo): Promise<number> {
  const sources = { flags, env: io.env, defaults: { logLevel: 'warn' } };
  const relaySettings = readSettings('start', RelaySettings, sources);
  const listenSettings = readSettings('start', ListenSettings, sources);
  return keepAlive(async () => {
    const relay = await runRelay(relaySettings, io.env);
    const access = { server: relay.url, ...fixedToken(relay.token) };
    const way = await outbound(access.server, listenSettings, io.env);
    const listener = await runListener(listenSettings, access, way, io.cwd).catch(async (error: unknown) => {
      await relay.close();
      throw error;
    });
    return withHealthPort(listenSettings, [listener, relay], async (healthUrl) => {
      const exitCode = await serveListener(listener, io, () => {
        const lines = [...relayLines(relay), ...listenerLines(listener, listenSettings), ...healthLines(healthUrl)];
        return banner(lines, attachNext(listenSettings));
      });
      if (io.interrupted.aborted) return exitCode;
      // Another listener took over, and needs the relay.
      io.stderr.write('The relay goes on; Ctrl-C stops it.\n');
      await aborted(io.interrupted);
      return exitCode;
    });
  });
}

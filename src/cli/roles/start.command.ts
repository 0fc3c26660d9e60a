import type { CliIo } from '../cli-io.js';
import { outbound } from '../outbound/outbound.js';
import { ListenSettings } from '../settings/listen.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { RelaySettings } from '../settings/relay.settings.js';
import { keepAlive } from '../waiting.js';
import { ATTACH_NEXT, banner, listenerLines, relayLines } from './banner.js';
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
      const access = { server: relay.url, token: relay.token };
      const way = await outbound(access.server, {}, io.env);
      const listener = await runListener(listenSettings, access, way, io.cwd);
      return await serveListener(listener, io, () => {
        return banner([...relayLines(relay), ...listenerLines(listener, listenSettings)], ATTACH_NEXT);
      });
    } finally {
      await relay.close();
    }
  });
}

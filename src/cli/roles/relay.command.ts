import type { CliIo } from '../cli-io.js';
import { EXIT } from '../exit-codes.js';
import { readSettings } from '../settings/read-settings.js';
import { RelaySettings } from '../settings/relay.settings.js';
import { aborted, keepAlive } from '../waiting.js';
import { banner, healthLines, listenNext, relayLines } from './banner.js';
import { withHealthPort } from './serve-health.js';
import { runRelay } from './run-relay.js';

/** `twinlane relay`: the server role alone. */
export function relayCommand(flags: Readonly<Record<string, unknown>>, io: CliIo): Promise<number> {
  const settings = readSettings('relay', RelaySettings, { flags, env: io.env });
  return keepAlive(async () => {
    const relay = await runRelay(settings, io.env);
    return withHealthPort(settings, [relay], async (healthUrl) => {
      const lines = [...relayLines(relay), ...healthLines(healthUrl)];
      io.stdout.write(banner(lines, listenNext(settings.publicUrl ?? relay.url)));
      await aborted(io.interrupted);
      return EXIT.OK;
    });
  });
}

import { isRecord } from '../../protocol/index.js';
import { CliError } from '../cli.error.js';
import type { CliIo } from '../cli-io.js';
import { EXIT } from '../exit-codes.js';
import { reachableUrl } from '../reachable.js';
import { HealthSettings } from '../settings/health.settings.js';
import { readSettings } from '../settings/read-settings.js';
import { visibleLine } from '../text.js';

/** Less than what supervisors wait for a check, in ms. */
const DEADLINE_MS = 3_000;

/** `twinlane health`: whether the role that runs here with the same settings takes traffic; for supervisors of containers. */
export async function healthCommand(flags: Readonly<Record<string, unknown>>, io: CliIo): Promise<number> {
  const { host, port, healthHost, healthPort } = readSettings('health', HealthSettings, { flags, env: io.env });
  const base = healthPort === undefined ? reachableUrl(host, port) : reachableUrl(healthHost, healthPort);
  const response = await ask(`${base}/readyz`);
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) {
    io.stdout.write(`${base} is ready\n`);
    return EXIT.OK;
  }
  const message = isRecord(body) && typeof body['message'] === 'string' ? body['message'] : `HTTP ${response.status}`;
  throw new CliError(`${base} is not ready: ${visibleLine(message)}`, EXIT.FAILED);
}

async function ask(url: string): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) });
  } catch (cause) {
    throw new CliError(
      `Nothing answers at ${url}. Is it running, and with the same TWINLANE_HEALTH_PORT, or TWINLANE_PORT for a relay without one?`,
      EXIT.UNREACHABLE,
      { cause },
    );
  }
}

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

type Answer = Pick<Response, 'ok' | 'status' | 'json'>;

/** `twinlane health`: whether the role that runs here with the same settings takes traffic; for supervisors of containers. */
export async function healthCommand(flags: Readonly<Record<string, unknown>>, io: CliIo): Promise<number> {
  const { host, port, tlsCert, healthHost, healthPort } = readSettings('health', HealthSettings, {
    flags,
    env: io.env,
  });
  const isSecure = tlsCert !== undefined && healthPort === undefined;
  const scheme = isSecure ? 'https' : 'http';
  const base = healthPort === undefined ? reachableUrl(host, port, scheme) : reachableUrl(healthHost, healthPort);
  const response = await (isSecure ? askOverTls : ask)(`${base}/readyz`);
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok) {
    io.stdout.write(`${base} is ready\n`);
    return EXIT.OK;
  }
  const message = isRecord(body) && typeof body['message'] === 'string' ? body['message'] : `HTTP ${response.status}`;
  throw new CliError(`${base} is not ready: ${visibleLine(message)}`, EXIT.FAILED);
}

/** Certificates are for names of the relay, hardly for this address; nothing secret is sent, so nobody needs to prove who it is. */
async function askOverTls(url: string): Promise<Answer> {
  const { Agent, fetch: fetchOverTls } = await import('undici');
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  return ask(url, (address, init) => fetchOverTls(address, { ...init, dispatcher }));
}

async function ask(
  url: string,
  get: (url: string, init: { signal: AbortSignal }) => Promise<Answer> = fetch,
): Promise<Answer> {
  try {
    return await get(url, { signal: AbortSignal.timeout(DEADLINE_MS) });
  } catch (cause) {
    throw new CliError(
      `Nothing answers at ${url}. Is it running, and with the same TWINLANE_HEALTH_PORT, or TWINLANE_PORT for a relay without one?`,
      EXIT.UNREACHABLE,
      { cause },
    );
  }
}

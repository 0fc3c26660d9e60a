import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import type { Server as SecureServer } from 'node:tls';
import { isLoopback } from '../../protocol/index.js';
import { type HealthPart, LogLevels, Metrics, Readiness } from '../../observability/index.js';
import {
  assertSafeToListen,
  EMBEDDED,
  installRelay,
  JWKS_FETCH,
  parseTokensFile,
  type CertificateFiles,
  RelayModule,
  TokensFileError,
  UnsafeListenError,
  type HistoryOptions,
  type JwtModuleOptions,
  type LimitsOptions,
} from '../../relay/index.js';
import { usageError } from '../cli.error.js';
import { DAY_MS } from '../settings/limits.js';
import { ownFolder } from '../data-dir/own-folder.js';
import { DataDirectory, type KeptToken, type RelayEndpoint } from '../data-dir/data-directory.js';
import { reachableHost, reachableUrl } from '../reachable.js';
import { outbound } from '../outbound/outbound.js';
import type { Env } from '../outbound/proxy-rules.js';
import { jwtOptionsOf } from '../settings/jwt.settings.js';
import { linkOptionsOf } from '../settings/link.settings.js';
import { auditOptionsOf } from '../settings/relay-audit.settings.js';
import { engineOptionsOf } from '../settings/relay-engine.settings.js';
import { RELAY_LIMIT_NAMES } from '../settings/relay-limits.settings.js';
import type { RelaySettings } from '../settings/relay.settings.js';
import { codeOf } from '../code-of.js';
import { cannotListen } from './cannot-listen.js';
import { processLog } from './process-log.js';
import { certificatesOf } from './relay-certificates.js';
import { RelayHttpAdapter } from './relay-http.adapter.js';
import type { RunningRole } from './serve-health.js';

const log = new Logger('Relay');

export interface RunningRelay extends RunningRole {
  /** As other processes of this machine reach it; with a certificate, under a name that it is for. */
  readonly url: string;
  /** One that it accepts. */
  readonly token: string;
  /** Where that one is kept; undefined when somebody chose it. */
  readonly kept: KeptToken | undefined;
  /** Where its console is; undefined when it serves none. A token that nobody chose is in it: the link signs in. */
  readonly consoleUrl: string | undefined;
  /** Whether it is one of many nodes. */
  readonly isNode: boolean;
}

/** Runs the server role in this process. @param env where proxies are set @throws CliError when it cannot listen */
export async function runRelay(settings: RelaySettings, env: Env): Promise<RunningRelay> {
  const jwt = jwtOptionsOf(settings);
  const directory = new DataDirectory(settings.dataDir);
  const given = [...(settings.token === undefined ? [] : [settings.token]), ...(await tokensOf(settings))];
  refuseUnsafe(settings.host, given.length > 0);
  const certificates = await certificatesOf(settings);
  const kept = given.length > 0 ? undefined : await directory.tokenOrNew();
  const tokens = kept ? [kept.token] : given;
  const [token = ''] = tokens;
  const folder = await ownFolder(
    settings.dataDir,
    ['relay'],
    (pid) =>
      `A relay is already running${pid} with the data directory ${settings.dataDir}. Stop it, or choose another directory with --data-dir or TWINLANE_DATA_DIR.`,
  );
  const made = createApp(settings, { tokens, certificates, dataDir: folder.path, jwt, env });
  const app = await folder.keepIf(made.then((created) => listen(created, settings)));
  certificates?.keepFresh(app.getHttpServer() as unknown as SecureServer);
  const endpoint = { url: urlOf(app, settings, certificates), pid: process.pid };
  await keepEndpoint(directory, endpoint);
  let closing: Promise<void> | undefined;
  return {
    url: endpoint.url,
    token,
    kept,
    consoleUrl: settings.console === 'on' ? consoleUrlOf(endpoint.url, kept) : undefined,
    isNode: settings.engine !== EMBEDDED,
    health: healthOf(app),
    close: () => {
      certificates?.stop();
      return (closing ??= close(app, directory, endpoint).finally(() => folder.release()));
    },
  };
}

interface RelayParts {
  readonly tokens: string[];
  readonly certificates: CertificateFiles | undefined;
  readonly dataDir: string;
  readonly jwt: JwtModuleOptions | undefined;
  /** Says through which proxies it asks an identity provider. */
  readonly env: Env;
}

async function createApp(
  settings: RelaySettings,
  { tokens, certificates, dataDir, jwt, env }: RelayParts,
): Promise<NestExpressApplication> {
  const { allowedOrigins, trustedProxies, clientChannels, publicUrl, logLevel, maxFrameBytes } = settings;
  const { levels, logger } = processLog(logLevel);
  // The one thing that a relay asks for elsewhere.
  const way = jwt && (await outbound(jwt.jwksUrl, {}, env));
  const fetched = way ? [{ provide: JWKS_FETCH, useValue: way.fetch }] : [];
  const module = RelayModule.forRoot({
    tokens,
    ...(jwt === undefined ? {} : { jwt }),
    allowedOrigins,
    trustedProxies,
    clientChannels,
    console: settings.console === 'on',
    dataDir,
    history: historyOf(settings),
    maxFrameBytes,
    drainDelayMs: settings.drainDelayMs,
    drainGraceMs: settings.drainGraceMs,
    limits: limitsOf(settings),
    ...auditOptionsOf(settings),
    ...engineOptionsOf(settings),
    ...linkOptionsOf(settings),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    extend: { relay: { providers: [{ provide: LogLevels, useValue: levels }, ...fetched] } },
  });
  const app = await NestFactory.create<NestExpressApplication>(module, new RelayHttpAdapter(), {
    logger,
    abortOnError: false,
    ...(certificates ? { httpsOptions: certificates.pair } : {}),
  });
  installRelay(app);
  return app;
}

function limitsOf(settings: RelaySettings): Partial<LimitsOptions> {
  return Object.fromEntries(RELAY_LIMIT_NAMES.map((name) => [name, settings[name]]));
}

function historyOf(settings: RelaySettings): Partial<HistoryOptions> {
  return {
    store: settings.history,
    maxAgeMs: settings.historyMaxAge * DAY_MS,
    maxEventsPerRuntime: settings.historyMaxEvents,
    maxBytesPerRuntime: settings.historyMaxRuntimeBytes,
    maxBytes: settings.historyMaxBytes,
    maxOrganizationBytes: settings.historyMaxOrganizationBytes,
  };
}

/** Nothing depends on it but how commands of this machine find the relay. */
async function keepEndpoint(directory: DataDirectory, endpoint: RelayEndpoint): Promise<void> {
  try {
    await directory.keepEndpoint(endpoint);
  } catch (error) {
    log.warn(`${messageOf(error)} The relay runs; until then, others find it with --server ${endpoint.url}`);
  }
}

async function close(app: NestExpressApplication, directory: DataDirectory, endpoint: RelayEndpoint): Promise<void> {
  try {
    await directory.dropEndpoint(endpoint);
  } catch (error) {
    log.warn(messageOf(error));
  }
  await app.close();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Behind `#`, what a browser keeps to itself. */
function consoleUrlOf(url: string, kept: KeptToken | undefined): string {
  const page = url.endsWith('/') ? url : `${url}/`;
  return kept ? `${page}#token=${encodeURIComponent(kept.token)}` : page;
}

function healthOf(app: NestExpressApplication): HealthPart {
  const readiness = app.get(Readiness, { strict: false });
  const metrics = app.get(Metrics, { strict: false });
  return { refusal: () => readiness.refusal(), metrics: () => metrics.text() };
}

async function tokensOf({ tokensFile }: RelaySettings): Promise<string[]> {
  if (tokensFile === undefined) return [];
  try {
    return parseTokensFile(await readFile(tokensFile, 'utf8'), tokensFile);
  } catch (cause) {
    if (cause instanceof TokensFileError) throw usageError(cause.message);
    throw usageError(
      `The tokens file ${tokensFile} cannot be read (${codeOf(cause)}); correct TWINLANE_TOKENS_FILE or --tokens-file.`,
    );
  }
}

function refuseUnsafe(host: string, tokenGiven: boolean): void {
  try {
    assertSafeToListen(host, { tokenGiven });
  } catch (cause) {
    if (cause instanceof UnsafeListenError) throw usageError(cause.message);
    throw cause;
  }
}

async function listen(app: NestExpressApplication, { host, port }: RelaySettings): Promise<NestExpressApplication> {
  try {
    await app.listen(port, host);
    return app;
  } catch (cause) {
    await app.close();
    throw cannotListen('The relay', { host, port }, '', cause);
  }
}

function urlOf(
  app: NestExpressApplication,
  { host, publicUrl }: RelaySettings,
  certificates: CertificateFiles | undefined,
): string {
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  if (!certificates) return reachableUrl(host, port);
  const reachable = reachableHost(host);
  const preferred = [reachable, ...(isLoopback(reachable) ? ['localhost'] : [])];
  return publicUrl ?? reachableUrl(certificates.nameFor(preferred) ?? reachable, port, 'https');
}

import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { isIPv6 } from 'node:net';
import { createLogger, PinoLoggerService } from '../../observability/index.js';
import {
  assertSafeToListen,
  installRelay,
  parseTokensFile,
  RelayModule,
  TokensFileError,
  UnsafeListenError,
} from '../../relay/index.js';
import { CliError, usageError } from '../cli.error.js';
import { DataDirectory, type KeptToken, type RelayEndpoint } from '../data-dir/data-directory.js';
import type { RelaySettings } from '../settings/relay.settings.js';

export interface RunningRelay {
  /** As other processes of this machine reach it. */
  readonly url: string;
  /** One that it accepts. */
  readonly token: string;
  /** Where that one is kept; undefined when somebody chose it. */
  readonly kept: KeptToken | undefined;
  close(): Promise<void>;
}

/** Runs the server role in this process. @throws CliError when it cannot listen */
export async function runRelay(settings: RelaySettings): Promise<RunningRelay> {
  const directory = new DataDirectory(settings.dataDir);
  const given = [...(settings.token === undefined ? [] : [settings.token]), ...(await tokensOf(settings))];
  refuseUnsafe(settings.host, given.length > 0);
  const kept = given.length > 0 ? undefined : await directory.tokenOrNew();
  const tokens = kept ? [kept.token] : given;
  const [token = ''] = tokens;
  const app = await createApp(settings, tokens);
  await listen(app, settings);
  const endpoint = { url: urlOf(app, settings.host), pid: process.pid };
  await directory.keepEndpoint(endpoint);
  return { url: endpoint.url, token, kept, close: () => close(app, directory, endpoint) };
}

async function createApp(settings: RelaySettings, tokens: string[]): Promise<NestExpressApplication> {
  const { allowedOrigins, clientChannels, publicUrl, logLevel } = settings;
  const module = RelayModule.forRoot({
    tokens,
    allowedOrigins,
    clientChannels,
    ...(publicUrl === undefined ? {} : { publicUrl }),
  });
  const logger = new PinoLoggerService(createLogger({ level: logLevel }));
  const app = await NestFactory.create<NestExpressApplication>(module, { logger, abortOnError: false });
  installRelay(app);
  return app;
}

async function close(app: NestExpressApplication, directory: DataDirectory, endpoint: RelayEndpoint): Promise<void> {
  await directory.dropEndpoint(endpoint);
  await app.close();
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

async function listen(app: NestExpressApplication, { host, port }: RelaySettings): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (cause) {
    await app.close();
    throw new CliError(
      `The relay cannot listen on ${host}, port ${port}: ${REASONS[codeOf(cause)] ?? codeOf(cause)}`,
      undefined,
      { cause },
    );
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'something listens there already. Stop it, or choose another port with --port or TWINLANE_PORT.',
  EADDRNOTAVAIL: 'this machine has no such address. Correct --host or TWINLANE_HOST.',
  EACCES: 'that needs more rights. Choose a port from 1024 on with --port or TWINLANE_PORT.',
  ENOTFOUND: 'that name cannot be resolved. Correct --host or TWINLANE_HOST.',
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}

/** Where it listens on every address, loopback is the one that this machine reaches it by. */
function urlOf(app: NestExpressApplication, host: string): string {
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const reachable = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}

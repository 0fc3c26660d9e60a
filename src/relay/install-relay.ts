import type { NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readiness } from '../observability/index.js';
import { AccessLimits } from './access/access-limits.js';
import { AccessService } from './access/access.service.js';
import { noteArrivals, REQUEST_ID_HEADER } from './access/arrival.js';
import { shownBy } from './access/session-cookie.js';
import { TrustedProxies } from './access/trusted-proxies.js';
import { REGISTER_PATH } from './environments/environments.controller.js';
import { RelayWebSocketAdapter } from './gateways/relay-websocket.adapter.js';
import { RelayMetrics } from './metrics/relay.metrics.js';
import { refuseMalformed } from './refuse-malformed.js';
import { RelayErrorFilter } from './relay-error.filter.js';
import { RelayOptions } from './relay.options.js';
import { serveConsole } from './web/serve-console.js';

/** Of everything that the relay takes a body for. */
const PREFIX = '/v1';
const JSON_TYPE = /^application\/json *(?:;|$)/i;

/**
 * Makes an application that imports `RelayModule` a relay; call it before `listen`. Whoever owns the process decides
 * about its signals and calls `app.close()`, which drains the sockets.
 *
 * @publicApi
 */
export function installRelay(app: NestExpressApplication): void {
  const { maxFrameBytes, allowedOrigins, trustedProxies, publicUrl, console: servesConsole } = app.get(RelayOptions);
  noteArrivals(app.getHttpServer(), new TrustedProxies(trustedProxies));
  app.useWebSocketAdapter(app.get(RelayWebSocketAdapter));
  app.useGlobalFilters(app.get(RelayErrorFilter));
  app.use(closeWhileDraining(app.get(Readiness)));
  app.use(app.get(RelayMetrics).measure);
  // Before whatever refuses: a page can read only what has its headers.
  if (allowedOrigins.length > 0) {
    app.enableCors({ origin: allowedOrigins, exposedHeaders: [REQUEST_ID_HEADER, 'Retry-After'] });
  }
  if (servesConsole) app.use(serveConsole());
  app.use(PREFIX, keepFromCaches);
  limitAddresses(app, app.get(AccessLimits));
  app.use(PREFIX, refuseStrangers(app.get(AccessService), publicUrl));
  refuseMalformed(app.getHttpServer(), app.get(RelayMetrics));
  // What is posted here ends in one frame; elsewhere nobody has looked at a token yet, and the usual limit holds.
  app.useBodyParser('json', { limit: maxFrameBytes, type: isJsonForRelay });
  app.useBodyParser('json');
  app.disable('x-powered-by');
}

/** Who keeps a connection for its next request is told to make another one, which goes elsewhere: this one is closed before long. */
function closeWhileDraining(readiness: Readiness) {
  return (_request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (readiness.state === 'draining') response.setHeader('Connection', 'close');
    next();
  };
}

/** What answers a cookie may be kept by caches that would not keep what answers a token. */
function keepFromCaches(_request: IncomingMessage, response: ServerResponse, next: () => void): void {
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  next();
}

function isJsonForRelay({ url = '', headers }: IncomingMessage): boolean {
  return url.startsWith(`${PREFIX}/`) && JSON_TYPE.test(headers['content-type'] ?? '');
}

/**
 * Before a body is read: to parse what strangers send would cost the relay more than it costs them. The token is looked at again when
 * all of the body is here, because that may take its time.
 */
function refuseStrangers(access: AccessService, publicUrl: string | undefined) {
  return async (request: IncomingMessage, _response: ServerResponse, next: () => void): Promise<void> => {
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    const hasBody = Number(length) > 0 || encoding !== undefined;
    if (hasBody) await access.identify(shownBy(request, publicUrl));
    next();
  };
}

/** Before a body is read, or a token looked at. */
function limitAddresses(app: NestExpressApplication, limits: AccessLimits): void {
  const registrations = new WeakSet<IncomingMessage>();
  app.use(
    `/${REGISTER_PATH}`,
    orRefuse((request) => {
      if (request.method !== 'POST') return;
      limits.registrationFrom(request);
      registrations.add(request);
    }),
  );
  app.use(
    PREFIX,
    orRefuse((request) => {
      if (!registrations.has(request)) limits.requestFrom(request);
    }),
  );
}

/** Middleware that lets a request pass unless it throws. */
function orRefuse(check: (request: IncomingMessage) => void) {
  return (request: IncomingMessage, _response: ServerResponse, next: (error?: unknown) => void): void => {
    try {
      check(request);
      next();
    } catch (error) {
      next(error);
    }
  };
}

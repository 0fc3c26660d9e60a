import type { NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AccessLimits } from './access/access-limits.js';
import { noteArrivals, REQUEST_ID_HEADER } from './access/arrival.js';
import { TrustedProxies } from './access/trusted-proxies.js';
import { REGISTER_PATH } from './environments/environments.controller.js';
import { RelayWebSocketAdapter } from './gateways/relay-websocket.adapter.js';
import { RelayMetrics } from './metrics/relay.metrics.js';
import { refuseMalformed } from './refuse-malformed.js';
import { RelayErrorFilter } from './relay-error.filter.js';
import { RelayOptions } from './relay.options.js';

/**
 * Makes an application that imports `RelayModule` a relay; call it before `listen`. Whoever owns the process decides
 * about its signals and calls `app.close()`, which drains the sockets.
 *
 * @publicApi
 */
export function installRelay(app: NestExpressApplication): void {
  const { maxFrameBytes, allowedOrigins, trustedProxies } = app.get(RelayOptions);
  noteArrivals(app.getHttpServer(), new TrustedProxies(trustedProxies));
  app.useWebSocketAdapter(app.get(RelayWebSocketAdapter));
  app.useGlobalFilters(app.get(RelayErrorFilter));
  app.use(app.get(RelayMetrics).measure);
  app.use(`/${REGISTER_PATH}`, limitRegistrations(app.get(AccessLimits)));
  refuseMalformed(app.getHttpServer(), app.get(RelayMetrics));
  // What is posted here ends in one frame.
  app.useBodyParser('json', { limit: maxFrameBytes });
  app.disable('x-powered-by');
  if (allowedOrigins.length > 0) {
    app.enableCors({ origin: allowedOrigins, exposedHeaders: [REQUEST_ID_HEADER, 'Retry-After'] });
  }
}

/** Before a body is read, or a token looked at. */
function limitRegistrations(limits: AccessLimits) {
  return (request: IncomingMessage, _response: ServerResponse, next: (error?: unknown) => void): void => {
    try {
      if (request.method === 'POST') limits.registrationFrom(request);
      next();
    } catch (error) {
      next(error);
    }
  };
}

import type { NestExpressApplication } from '@nestjs/platform-express';
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
  const { maxFrameBytes, allowedOrigins } = app.get(RelayOptions);
  app.useWebSocketAdapter(app.get(RelayWebSocketAdapter));
  app.useGlobalFilters(app.get(RelayErrorFilter));
  app.use(app.get(RelayMetrics).measure);
  refuseMalformed(app.getHttpServer(), app.get(RelayMetrics));
  // What is posted here ends in one frame.
  app.useBodyParser('json', { limit: maxFrameBytes });
  app.disable('x-powered-by');
  if (allowedOrigins.length > 0) app.enableCors({ origin: allowedOrigins });
}

import { Module } from '@nestjs/common';
import { CLOCK, optionsProvider } from '../config/index.js';
import { MetricsModule } from '../observability/index.js';
import { SYSTEM_CLOCK } from '../protocol/index.js';
import { CONTROL_CLIENT, STREAM_CLIENT } from './channel-client.js';
import { LinkParts } from './link-parts.js';
import { linkMetricsProvider } from './link.metrics.js';
import { LINK_OBSERVER } from './link-observer.js';
import { LINK_MONITOR } from './link-state.js';
import { LinkSupervisor } from './link-supervisor.js';
import { linkFactoryProvider } from './link.factory.js';
import { LINK_FACTORY } from './link.js';
import { dialWithWs, SOCKET_DIALER } from './socket-dialer.js';
import { ConfigurableModuleClass, TRANSPORT_OPTIONS } from './transport.module-definition.js';
import { TransportOptions } from './transport.options.js';

/**
 * Two channels to a server, over whatever link it knows. Needs a `RegistrationModule` among its imports
 * (`forRootAsync({ imports })`, or `extend.imports`).
 *
 * @publicApi
 */
@Module({
  imports: [MetricsModule],
  providers: [
    optionsProvider(TransportOptions, TRANSPORT_OPTIONS),
    { provide: CLOCK, useValue: SYSTEM_CLOCK },
    { provide: SOCKET_DIALER, useValue: dialWithWs },
    linkMetricsProvider,
    LinkParts,
    linkFactoryProvider,
    LinkSupervisor,
    { provide: LINK_MONITOR, useExisting: LinkSupervisor },
    { provide: CONTROL_CLIENT, inject: [LinkSupervisor], useFactory: (links: LinkSupervisor) => links.control },
    { provide: STREAM_CLIENT, inject: [LinkSupervisor], useFactory: (links: LinkSupervisor) => links.stream },
  ],
  exports: [CONTROL_CLIENT, STREAM_CLIENT, LINK_MONITOR, LINK_FACTORY, LINK_OBSERVER, LinkSupervisor, TransportOptions],
})
export class TransportModule extends ConfigurableModuleClass {}

import { Module } from '@nestjs/common';
import { CLOCK, optionsProvider } from '../config/index.js';
import { MetricsModule } from '../observability/index.js';
import { SYSTEM_CLOCK } from '../protocol/index.js';
import { ConfigurableModuleClass, EMITTER_OPTIONS } from './emitter.module-definition.js';
import { EmitterOptions } from './emitter.options.js';
import { JOURNAL, journalProvider } from './journal.provider.js';
import { ProtocolEmitterService } from './protocol-emitter.service.js';
import { PROTOCOL_TYPE_MAP, typeMapProvider } from './type-map.provider.js';

/**
 * Routes v2 messages by a configurable type map. Needs a `TransportModule` among its imports (`forRootAsync({ imports })`,
 * or `extend.imports`).
 *
 * @publicApi
 */
@Module({
  imports: [MetricsModule],
  providers: [
    optionsProvider(EmitterOptions, EMITTER_OPTIONS),
    { provide: CLOCK, useValue: SYSTEM_CLOCK },
    journalProvider,
    typeMapProvider,
    ProtocolEmitterService,
  ],
  exports: [ProtocolEmitterService, PROTOCOL_TYPE_MAP, JOURNAL, EmitterOptions],
})
export class ProtocolEmitterModule extends ConfigurableModuleClass {}

import { ConfigurableModuleBuilder, type DynamicModule, type FactoryProvider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { type Extension, extendModule, optionsProvider } from '../config/index.js';
import { ProtocolEmitterModule } from '../emitter/index.js';
import { MetricsModule } from '../observability/index.js';
import { RegistrationModule } from '../registration/index.js';
import { TransportModule } from '../transport/index.js';
import { Workspace } from '../workspace/index.js';
import { randomUUID } from 'node:crypto';
import { listenerInstanceId } from './listener-identity.js';
import { ListenerOptions, type ListenerModuleOptions } from './listener.options.js';

/** What an application adds or replaces, by room; `listener` is everything but the three rooms named. @publicApi */
export interface ListenerExtensions {
  readonly registration?: Extension;
  readonly transport?: Extension;
  readonly emitter?: Extension;
  readonly listener?: Extension;
}

/** Holds the options, so that every room's `forRootAsync` can import them. */
class ListenerOptionsModule {}

export const LISTENER_OPTIONS = Symbol('LISTENER_OPTIONS');
export const { ConfigurableModuleClass, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<ListenerModuleOptions>({
    optionsInjectionToken: LISTENER_OPTIONS,
  })
    .setClassMethodName('forRoot')
    .setExtras<{ extend?: ListenerExtensions }>({ extend: {} }, composeListener)
    .build();

/** Hands the options and the extensions down to the rooms, and shows the rooms to the whole application. */
function composeListener(
  { module, imports = [], providers = [] }: DynamicModule,
  { extend = {} }: { extend?: ListenerExtensions },
): DynamicModule {
  const options: DynamicModule = {
    module: ListenerOptionsModule,
    imports,
    providers: [...providers, optionsProvider(ListenerOptions, LISTENER_OPTIONS), workspaceProvider],
    exports: [ListenerOptions, Workspace],
  };
  const from = { imports: [options], inject: [ListenerOptions, Workspace] };
  const registration = RegistrationModule.forRootAsync({
    ...from,
    useFactory: registrationOptions,
    extend: extend.registration,
  });
  const transport = TransportModule.forRootAsync({
    ...from,
    useFactory: ({ deviceId, connectionName, transport }: ListenerOptions) => ({
      deviceId,
      connectionName,
      ...transport,
    }),
    extend: { ...extend.transport, imports: [registration, ...(extend.transport?.imports ?? [])] },
  });
  const emitter = ProtocolEmitterModule.forRootAsync({
    ...from,
    useFactory: ({ emitter, dataDir }: ListenerOptions) => ({
      ...emitter,
      journal: { ...(dataDir === undefined ? {} : { directory: dataDir }), ...emitter?.journal },
    }),
    extend: { ...extend.emitter, imports: [transport, ...(extend.emitter?.imports ?? [])] },
  });
  const rooms = [options, registration, transport, emitter, MetricsModule];
  return extendModule(
    { module, global: true, imports: [...rooms, DiscoveryModule], providers: [], exports: rooms },
    extend.listener,
  );
}

const workspaceProvider: FactoryProvider<Workspace> = {
  provide: Workspace,
  inject: [ListenerOptions],
  useFactory: ({ workspace, deny }: ListenerOptions) => new Workspace(workspace, deny),
};

function registrationOptions(listener: ListenerOptions, { root }: Workspace) {
  const { server, token, deviceId, connectionName, registration } = listener;
  return {
    server,
    ...(token === undefined ? {} : { token }),
    deviceId,
    connectionName,
    listenerInstanceId: listenerInstanceId(deviceId, connectionName, root),
    ...registration,
    metadata: { supported_commands: [], processInstanceId: randomUUID(), workspace: root, ...registration?.metadata },
  };
}

import type { DiscoveryService } from '@nestjs/core';

/** A decorator that `DiscoveryService.createDecorator` made. */
type DiscoverableDecorator<M> = ReturnType<typeof DiscoveryService.createDecorator<M>>;

/** A provider that carries a discoverable decorator. */
export interface Discovered<M> {
  readonly metadata: M;
  readonly instance: object;
  /** Name of the class, for messages. */
  readonly name: string;
}

/** Every live provider of the application with this decorator. One that another took the token of is left out. */
export function discover<M>(discovery: DiscoveryService, decorator: DiscoverableDecorator<M>): Discovered<M>[] {
  return discovery.getProviders({ metadataKey: decorator.KEY }).flatMap((wrapper) => {
    if (wrapper.host?.providers.get(wrapper.token) !== wrapper) return [];
    const metadata = discovery.getMetadataByDecorator(decorator, wrapper);
    const instance: unknown = wrapper.instance;
    if (metadata === undefined || typeof instance !== 'object' || instance === null) return [];
    return [{ metadata, instance, name: instance.constructor.name }];
  });
}

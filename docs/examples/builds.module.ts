import { Inject, Injectable, Module } from '@nestjs/common';
import {
  type ChannelClient,
  ListenerModule,
  type ListenerModuleOptions,
  ProtocolEmitterService,
  type Runtime,
  STREAM_CLIENT,
} from 'twinlane';

declare module 'twinlane' {
  interface EventPayloads {
    build_finished: { readonly ok: boolean };
  }
}

/** Tells clients how a build goes: as a frame on the stream, and at its end as an event that nobody misses. */
@Injectable()
export class Builds {
  constructor(
    @Inject(STREAM_CLIENT) private readonly stream: ChannelClient,
    private readonly emitter: ProtocolEmitterService,
  ) {}

  progress(percent: number): void {
    if (this.stream.state.phase === 'ready') this.stream.send({ type: 'build_progress', percent });
  }

  finished(ok: boolean, runtime: Runtime): void {
    this.emitter.emit('build_finished', { ok }, runtime);
  }
}

/** Events of unknown types go to control on a plain link; the type map says otherwise for ours. */
@Module({ providers: [Builds], exports: [Builds] })
export class BuildsModule {
  static forRoot(options: ListenerModuleOptions) {
    const typeMap = { build_finished: { channel: 'stream', delivery: 'ordered' } } as const;
    return { module: BuildsModule, imports: [ListenerModule.forRoot({ ...options, emitter: { typeMap } })] };
  }
}

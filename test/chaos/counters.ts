import { Inject, Injectable } from '@nestjs/common';
import { type EventName, ProtocolEmitterService, type Runtime } from 'twinlane';
import { LISTENER_SETTINGS, type ListenerSettings } from './listener-messages.js';
import { type NumberedEvent, numberedEvent } from './numbered-event.js';
import { numbersBefore, WitnessFile } from './witness.js';

declare module 'twinlane' {
  interface EventPayloads {
    /** A numbered event of a type that nobody knows: it takes another route than deltas do on a plain link. */
    chaos_mark: NumberedEvent;
  }
}

/** One event in so many is a mark instead of a delta. */
const MARK_EVERY = 40;

/** Numbers the events of each runtime, and writes to the witness those that are committed. */
@Injectable()
export class Counters {
  private readonly witness: WitnessFile;
  private readonly last: number[];
  private readonly witnessing: Promise<void>[];

  constructor(
    private readonly emitter: ProtocolEmitterService,
    @Inject(LISTENER_SETTINGS) private readonly settings: ListenerSettings,
  ) {
    this.witness = new WitnessFile(settings.witness);
    this.last = settings.runtimes.map(() => numbersBefore(settings.process));
    this.witnessing = settings.runtimes.map(() => Promise.resolve());
  }

  /** Emits the next number of a runtime. */
  emit(scope: Runtime): void {
    const runtime = this.indexOf(scope);
    const number = (this.last[runtime] ?? 0) + 1;
    this.last[runtime] = number;
    const payload = numberedEvent(number);
    const name =
      number % MARK_EVERY === 0
        ? this.emitter.emit('chaos_mark', payload, scope)
        : this.emitter.emit('stream_delta', { delta: { message_type: 'assistant_message', ...payload } }, scope);
    if (!name) throw new Error('An ordered event has no name.');
    this.witnessing[runtime] = this.append(this.witnessing[runtime], runtime, number, name, Date.now());
  }

  /** Emits one number more for each runtime; resolves when all of them are committed and witnessed. */
  async finish(): Promise<void> {
    for (const runtime of this.settings.runtimes) this.emit(runtime);
    await Promise.all(this.witnessing);
  }

  private async append(
    before: Promise<void> | undefined,
    runtime: number,
    number: number,
    name: EventName,
    at: number,
  ): Promise<void> {
    await before;
    await this.emitter.committed(name);
    this.witness.append({ runtime, number, epoch: name.epoch, seq: name.seq, at });
  }

  private indexOf({ conversation_id }: Runtime): number {
    return this.settings.runtimes.findIndex((runtime) => runtime.conversation_id === conversation_id);
  }
}

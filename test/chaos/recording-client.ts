import { randomUUID } from 'node:crypto';
import { type Attachment, isGap, type TwinlaneClient } from 'twinlane/client';
import { isRecord, type Frame, type Runtime } from 'twinlane/protocol';
import { readNumber } from './numbered-event.js';
import { Sightings } from './sightings.js';

/** A reader that follows one runtime with the client library, and records what it sees. */
export class RecordingClient {
  readonly id = randomUUID();
  readonly seen = new Sightings();
  /** Why its attachment failed for good, where it did. */
  failed: string | undefined;
  /** Verdicts of the relay on its reconnects. */
  readonly verdicts = { recovered: 0, notRecovered: 0 };
  /** Events that were none of a run's, or changed on their way. */
  garbled = 0;
  newest = 0;
  private attachment: Attachment | undefined;
  private gate: Promise<void> = Promise.resolve();
  private readonly recoveries = new Set<{ readonly since: number; done(): void }>();

  constructor(
    readonly device: number,
    readonly client: number,
    readonly runtime: number,
  ) {}

  async attach(client: TwinlaneClient, environment: string, runtime: Runtime): Promise<void> {
    this.attachment = await client.attach(environment, { runtime, clientId: this.id });
    void this.read(this.attachment);
    void this.watch(this.attachment);
  }

  close(): void {
    this.attachment?.close();
  }

  /** Reads nothing until the promise resolves. */
  pause(until: Promise<void>): void {
    this.gate = Promise.all([this.gate, until]).then(() => {});
  }

  /** Resolves with the time, in epoch ms, when it first sees an event that was emitted after `since`. */
  recovered(since: number): Promise<number> {
    return new Promise((resolve) => {
      const recovery = { since, done: () => resolve(Date.now()) };
      this.recoveries.add(recovery);
    });
  }

  private async read(attachment: Attachment): Promise<void> {
    try {
      for await (const event of attachment.events()) {
        await this.gate;
        this.record(event);
      }
    } catch (error) {
      this.failed = String(error);
    }
  }

  private async watch(attachment: Attachment): Promise<void> {
    for await (const state of attachment.states())
      if (state.phase === 'open' && state.resumed !== undefined)
        this.verdicts[state.resumed ? 'recovered' : 'notRecovered']++;
  }

  private record(event: Frame): void {
    if (isGap(event)) return this.seen.wasTold(event.event_epoch, event.from, event.to);
    const carrier = event.type === 'stream_delta' ? event['delta'] : event;
    if (!isRecord(carrier) || !('number' in carrier)) return;
    const number = readNumber(carrier);
    const { event_epoch: epoch, event_seq: seq, emitted_at: emitted } = event;
    if (number === undefined || typeof epoch !== 'string' || typeof seq !== 'number') {
      this.garbled++;
      return;
    }
    this.seen.saw(number, epoch, seq);
    this.newest = Math.max(this.newest, number);
    if (this.recoveries.size > 0 && typeof emitted === 'string') this.tell(Date.parse(emitted));
  }

  private tell(emitted: number): void {
    for (const recovery of this.recoveries) {
      if (emitted < recovery.since) continue;
      this.recoveries.delete(recovery);
      recovery.done();
    }
  }
}

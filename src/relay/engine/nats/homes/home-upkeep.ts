import { Logger } from '@nestjs/common';
import type { Clock, Timer } from '../../../../protocol/index.js';
import type { EmbeddedEngine } from '../../embedded.engine.js';
import type { Homes } from './homes.js';
import type { OwnHomes } from './own-homes.js';

export interface HomeUpkeepParts {
  readonly own: Pick<OwnHomes, 'ids' | 'of' | 'shown' | 'lose' | 'leave'>;
  readonly homes: Pick<Homes, 'say'>;
  readonly here: Pick<EmbeddedEngine, 'serves'>;
  readonly clock: Clock;
  /** A home where nobody has a socket is given back after this time, in ms. */
  readonly homeIdleMs: number;
  /** Told of one that has changed where nothing that homes show is another: it is the registry that has it. */
  unsaid(environmentId: string): void;
  /** Called every two seconds too. */
  look(): void;
}

/** Changes of what is shown are written down together, in ms. */
const WRITE_AFTER_MS = 50;
/** Homes are looked at this often, in ms, for what could not be written down and for those that nobody needs. */
const UPKEEP_MS = 2_000;

/** Writes down for all nodes what this one shows of its environments, and gives those back that nobody needs. */
export class HomeUpkeep {
  private readonly log = new Logger(HomeUpkeep.name);
  private readonly changed = new Set<string>();
  private writing: Timer | undefined;
  private upkeep: Timer;

  constructor(private readonly parts: HomeUpkeepParts) {
    this.upkeep = parts.clock.after(UPKEEP_MS, () => this.look());
  }

  /** What this node shows of one of its environments may have changed. */
  noted(environmentId: string): void {
    this.changed.add(environmentId);
    this.writing ??= this.parts.clock.after(WRITE_AFTER_MS, () => void this.write());
  }

  /** Another node may have taken it, and NATS did not say: it is written down anew, until NATS says whose it is. */
  doubted(environmentId: string): void {
    const home = this.parts.own.of(environmentId);
    if (!home) return;
    home.written = '';
    this.noted(environmentId);
  }

  stop(): void {
    this.writing?.cancel();
    this.upkeep.cancel();
  }

  private async write(): Promise<void> {
    this.writing = undefined;
    const all = [...this.changed];
    this.changed.clear();
    await Promise.all(all.map((environmentId) => this.writeOne(environmentId)));
  }

  private async writeOne(environmentId: string): Promise<void> {
    const { own, homes } = this.parts;
    const home = own.of(environmentId);
    if (!home) return;
    const shown = own.shown(environmentId);
    const text = JSON.stringify(shown);
    if (text === home.written) return this.parts.unsaid(environmentId);
    try {
      const isMine = await homes.say(environmentId, shown);
      if (isMine) home.written = text;
      else if (own.of(environmentId) === home) own.lose(environmentId);
    } catch (error) {
      this.log.debug(String(error));
      // Upkeep writes it.
      this.changed.add(environmentId);
    }
  }

  private look(): void {
    const { clock, own } = this.parts;
    this.upkeep = clock.after(UPKEEP_MS, () => this.look());
    this.parts.look();
    if (this.changed.size > 0) this.writing ??= clock.after(0, () => void this.write());
    for (const environmentId of own.ids) this.lookAt(environmentId);
  }

  private lookAt(environmentId: string): void {
    const { clock, own, here, homeIdleMs } = this.parts;
    const home = own.of(environmentId);
    if (!home) return;
    const isOnline = own.shown(environmentId).presence?.online === true;
    if (home.expected > 0 || isOnline || here.serves(environmentId)) home.aloneSince = undefined;
    else if (clock.elapsed() - (home.aloneSince ??= clock.elapsed()) >= homeIdleMs) void own.leave(environmentId);
  }
}

import type { Clock } from '../../../../protocol/index.js';
import type { PresenceRecord } from '../../../environments/presence.js';
import { RelayError } from '../../../relay.error.js';
import type { EmbeddedEngine } from '../../embedded.engine.js';
import type { HomeBefore } from '../../engine.metrics.js';
import type { Claim, Homes, Shown } from './homes.js';
import { away, expecting, factsSince } from './shown.js';

/** Histories that more than one node may be the home of, one after the other. */
export interface SharedHistories {
  /** Loads an environment's. @param term of this home: what earlier ones still write is refused */
  prepare(environmentId: string, term: number): Promise<void>;
  /** This node is the home no more: resolves when what it has is written. */
  release(environmentId: string): Promise<void>;
  /** Another node is the home already: nothing more is written. */
  abandon(environmentId: string): void;
  /** The environment was deleted. */
  delete(environmentId: string): Promise<void>;
}

/** An environment that this node serves. */
export class OwnHome {
  /** Resolves once its history is here. */
  ready: Promise<void> = Promise.resolve();
  /** While it is on its way: nobody else may touch it until then. Never rejects. */
  loading: Promise<void> | undefined;
  /** Those who wait for its history. */
  expected = 0;
  /** As it was written down last. */
  written = '';
  /** Since when nobody has a socket here, in ms of the clock (`elapsed`). */
  aloneSince: number | undefined;

  constructor(
    readonly claim: Claim,
    /** Epoch ms. */
    readonly since: number,
  ) {}
}

/** Told of environments that come and go against the will of nodes. */
export interface OwnHomesObserver {
  homeTaken(from: HomeBefore): void;
  /** Another node has taken it. */
  homeLost(): void;
}

export interface OwnHomesParts {
  readonly here: Pick<EmbeddedEngine, 'presenceOf' | 'factsOf' | 'finish' | 'leave'>;
  readonly homes: Pick<Homes, 'self' | 'claim' | 'give' | 'remove'>;
  readonly histories: SharedHistories;
  readonly clock: Clock;
  /** A device that was online at the last home is so here for this long, in ms. */
  readonly offlineAfterMs: number;
  readonly observer: OwnHomesObserver;
  /** Commands that are under way at a home that is given back have this time to end, in ms. */
  readonly finishMs: number;
  /** Whether this node takes homes. */
  isServing(): boolean;
  failed(error: unknown, environmentId: string): void;
  /** Told of each that this node has taken which had a home before: it is shown as its device is expected here. */
  taken(environmentId: string): void;
}

/** The environments whose home is this node: taken, given back and lost. */
export class OwnHomes {
  private readonly own = new Map<string, OwnHome>();
  private readonly leaving = new Map<string, Promise<void>>();

  constructor(private readonly parts: OwnHomesParts) {}

  get ids(): readonly string[] {
    return [...this.own.keys()];
  }

  get count(): number {
    return this.own.size;
  }

  has(environmentId: string): boolean {
    return this.own.has(environmentId);
  }

  of(environmentId: string): OwnHome | undefined {
    return this.own.get(environmentId);
  }

  /**
   * Finds an environment's home, and makes this node the home where there is none.
   *
   * @param gone a node that lives no more
   * @returns its node; for this one the home, with its history here
   * @throws RelayError ENGINE_AWAY, also where its history could not be loaded; NODE_AWAY where this node ends, and takes none any more
   */
  async find(environmentId: string, gone?: string): Promise<string | OwnHome> {
    await this.leaving.get(environmentId);
    const known = this.own.get(environmentId);
    if (known) return this.whenReady(environmentId, known);
    const { homes, histories, clock, isServing } = this.parts;
    if (!isServing()) throw new RelayError('NODE_AWAY');
    const claim = await homes.claim(environmentId, gone);
    if (claim.node !== homes.self) return claim.node;
    // It was given back, or lost, before the answer was here.
    if (this.leaving.has(environmentId)) return this.find(environmentId);
    // Somebody else here may have found it meanwhile.
    const found = this.own.get(environmentId);
    if (found) return this.whenReady(environmentId, found);
    const home = new OwnHome(claim, clock.now());
    this.own.set(environmentId, home);
    this.parts.observer.homeTaken(gone !== undefined && claim.before?.node === gone ? 'gone' : 'nowhere');
    if (claim.before) this.parts.taken(environmentId);
    if (!isServing()) {
      await this.leave(environmentId);
      throw new RelayError('NODE_AWAY');
    }
    const loading = histories.prepare(environmentId, claim.term);
    const loaded = (): void => (home.loading = undefined);
    home.loading = loading.then(loaded, loaded);
    home.ready = loading.catch(async (cause: unknown) => {
      // It was given back, or lost, meanwhile: whoever waits for it looks where it is now.
      if (this.own.get(environmentId) !== home) return;
      this.parts.failed(cause, environmentId);
      await this.leave(environmentId);
      throw unreached(cause);
    });
    return this.whenReady(environmentId, home);
  }

  /**
   * Gives an environment back, with what its devices and clients have here.
   *
   * @returns resolves when they are told to come again. Never rejects
   */
  leave(environmentId: string): Promise<void> {
    const home = this.own.get(environmentId);
    if (!home) return this.leaving.get(environmentId) ?? Promise.resolve();
    const { here, homes, histories, clock, finishMs, isServing } = this.parts;
    const before = this.shown(environmentId);
    let told: Promise<void> | undefined;
    const given = this.end(environmentId, async () => {
      await here.finish(environmentId, finishMs);
      const shown: Shown = {
        presence: here.presenceOf(environmentId) ?? before.presence,
        facts: factsSince(before.facts, here.factsOf(environmentId)),
      };
      told = here.leave(environmentId);
      // A node that ends need not wait: what it loads is of no use to anybody.
      if (isServing()) await home.loading;
      await histories.release(environmentId);
      await homes.give(environmentId, away(shown, clock.now()));
    });
    // Whoever comes to this node meanwhile need not wait for those who do not answer.
    return given.then(() => told);
  }

  /** Another node has taken it. */
  lose(environmentId: string): void {
    const home = this.own.get(environmentId);
    if (!home) return;
    this.parts.observer.homeLost();
    void this.end(environmentId, async () => {
      this.parts.histories.abandon(environmentId);
      void this.parts.here.leave(environmentId);
      if (!home.loading) return;
      await home.loading;
      this.parts.histories.abandon(environmentId);
    });
  }

  /** It was deleted, and is served nowhere any more. @throws RelayError ENGINE_AWAY */
  async remove(environmentId: string): Promise<void> {
    let removing = Promise.resolve();
    await this.end(environmentId, () => (removing = this.delete(environmentId)));
    await removing.catch((cause: unknown) => {
      throw unreached(cause);
    });
  }

  /** What is to be shown of an environment whose home this is. */
  shown(environmentId: string): Shown {
    const { here } = this.parts;
    return {
      presence: here.presenceOf(environmentId) ?? this.inherited(environmentId),
      facts: factsSince(this.own.get(environmentId)?.claim.before?.facts, here.factsOf(environmentId)),
    };
  }

  /** Until its device is here, it is what it was at the last home. */
  private inherited(environmentId: string): PresenceRecord | undefined {
    const home = this.own.get(environmentId);
    const before = home?.claim.before?.presence;
    return before && expecting(before, home.since, this.parts.offlineAfterMs, this.parts.clock.now());
  }

  private async whenReady(environmentId: string, home: OwnHome): Promise<string | OwnHome> {
    home.expected++;
    try {
      await home.ready;
    } finally {
      home.expected--;
    }
    return this.own.get(environmentId) === home ? home : this.find(environmentId);
  }

  private async delete(environmentId: string): Promise<void> {
    await this.parts.histories.delete(environmentId);
    await this.parts.homes.remove(environmentId);
  }

  private end(environmentId: string, work: () => Promise<void>): Promise<void> {
    this.own.delete(environmentId);
    const ended = work()
      // What could not be written down is so all the same: this node takes it again when somebody asks it for that.
      .catch((error: unknown) => this.parts.failed(error, environmentId))
      .finally(() => this.leaving.delete(environmentId));
    this.leaving.set(environmentId, ended);
    return ended;
  }
}

/** What whoever asked for an environment is told where NATS did not do its part. */
function unreached(cause: unknown): RelayError {
  return cause instanceof RelayError ? cause : new RelayError('ENGINE_AWAY', undefined, { cause });
}

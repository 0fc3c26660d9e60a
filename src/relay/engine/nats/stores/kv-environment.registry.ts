import { Logger } from '@nestjs/common';
import { sleep, type Clock } from '../../../../protocol/index.js';
import { environmentIds, type Environment, type Lease, type Sighting } from '../../../environments/environment.js';
import {
  EnvironmentRegistry,
  type LeaseStanding,
  type Registered,
  type Registration,
} from '../../../environments/environment.registry.js';
import { ready, registered, released, seen, standing, type KeptEnvironment, type Places } from './kept-environment.js';
import { keyPart } from './kv-key.js';
import { KvLists, makeTag, readTagged, taggedEntry } from './kv-lists.js';
import { isAway, KvRecords, orElse } from './kv-records.js';
import type { NatsConnection } from '../connection/nats-connection.js';

const BUCKET = 'TWINLANE_ENVIRONMENTS';
/** Records that are read at once for whoever goes through a list. */
const READ_AT_ONCE = 25;
/** What must be written down, and was refused, is tried again after this time, in ms. */
const AGAIN_MS = 1_000;

/**
 * Keeps environments and leases in a bucket that all nodes share. Each environment is one record, so that every change of it is one
 * compare-and-set; lists by organisation and by device name it, and a record by its `connectionId`. All that this asks for is single
 * records: what it costs does not grow with the bucket.
 */
export class KvEnvironmentRegistry extends EnvironmentRegistry {
  private readonly log = new Logger(KvEnvironmentRegistry.name);
  private readonly lists: KvLists;

  private constructor(
    private readonly connection: NatsConnection,
    private readonly records: KvRecords,
    private readonly clock: Clock,
  ) {
    super();
    this.lists = new KvLists(records);
  }

  /** @throws NatsError when the bucket cannot be made */
  static async open(connection: NatsConnection, clock: Clock): Promise<KvEnvironmentRegistry> {
    return new KvEnvironmentRegistry(connection, await KvRecords.open(connection, BUCKET), clock);
  }

  /** @throws RelayError REGISTRATION_NOT_KEPT while NATS does not answer */
  async register(registration: Registration): Promise<Registered> {
    return orElse('REGISTRATION_NOT_KEPT', async () => {
      const entered = await this.enter(registration);
      const { id, connectionId } = entered.environment;
      // After the record, and each time: a node that ended between the two has left it out.
      await this.records.create(connectionKey(connectionId), id);
      return entered;
    });
  }

  async standingOf(connectionId: string, secret: string): Promise<LeaseStanding> {
    const kept = await this.byConnection(connectionId);
    return kept ? standing(kept, secret) : { state: 'unknown' };
  }

  /** Goes on until NATS has it: nobody asks again, and listeners that were superseded would be let in for ever. */
  async leaseReady(lease: Lease): Promise<void> {
    for (;;)
      try {
        return await this.change(lease.environmentId, (record) => ready(record, lease));
      } catch (error) {
        if (!isAway(error)) throw error;
        // NATS may be there and refuse: whoever asks again at once does nothing else any more.
        if (this.connection.state === 'away') await this.connection.back();
        else await sleep(this.clock, AGAIN_MS);
      }
  }

  async seen(environmentId: string, sighting: Sighting): Promise<void> {
    await this.change(environmentId, (record) => seen(record, sighting));
  }

  async release(environmentId: string): Promise<void> {
    await orElse('CHANGE_NOT_KEPT', () => this.change(environmentId, released));
  }

  async remove(environmentId: string): Promise<void> {
    await orElse('CHANGE_NOT_KEPT', async () => {
      const key = environmentKey(environmentId);
      const found = await this.records.get<KeptEnvironment>(key);
      if (!found) return;
      const { tag } = found.value;
      // Until it is gone: it may be written meanwhile. One with another tag was made anew.
      for (let kept = found; kept.value.tag === tag;) {
        const named = connectionKey(kept.value.environment.connectionId);
        const connection = await this.records.get(named);
        if (connection) await this.records.remove(named, connection.revision);
        await this.records.remove(key, kept.revision);
        const left = await this.records.get<KeptEnvironment>(key);
        if (!left) break;
        kept = left;
      }
      await this.leave(found.value.environment, found.value);
    });
  }

  async find(organizationId: string, name: string): Promise<readonly Environment[]> {
    const [byId, byConnection] = await Promise.all([this.byId(name), this.byConnection(name)]);
    const named = (byId ?? byConnection)?.environment;
    if (named) return named.organizationId === organizationId ? [named] : [];
    const ofDevice: Environment[] = [];
    for await (const { entries } of this.lists.pages(deviceList(organizationId, name)))
      for await (const environment of this.read(entries)) ofDevice.push(environment);
    return ofDevice.toSorted((a, b) => b.registeredAt - a.registeredAt);
  }

  async organizationOf(environmentId: string): Promise<string | undefined> {
    return (await this.byId(environmentId))?.environment.organizationId;
  }

  async list(organizationId: string): Promise<readonly Environment[]> {
    const all: Environment[] = [];
    for await (const environment of this.behind(organizationId, undefined)) all.push(environment);
    return all;
  }

  override async *behind(organizationId: string, after: string | undefined): AsyncGenerator<Environment, void> {
    const first = after === undefined ? undefined : await this.byId(after);
    if (after !== undefined && first?.environment.organizationId !== organizationId) return;
    for await (const { page, entries } of this.lists.pages(organizationList(organizationId), first?.page)) {
      const isFirst = first !== undefined && page === first.page;
      yield* this.read(isFirst ? behindEntry(entries, taggedEntry(first.environment.id, first.tag)) : entries);
    }
  }

  private async enter(registration: Registration): Promise<Registered> {
    const { id } = environmentIds(registration.organizationId, registration.deviceId, registration.listenerInstanceId);
    let places: Places | undefined;
    for (;;) {
      const made = places;
      const outcome = await this.records.change<KeptEnvironment, { tag: string; registered: Registered } | undefined>(
        environmentKey(id),
        (current) => {
          const known = current ?? made;
          if (!known) return { value: undefined, result: undefined };
          const next = registered(known, registration, this.clock.now());
          return { value: next.record, result: { tag: known.tag, registered: next.registered } };
        },
      );
      if (outcome && made && outcome.tag !== made.tag) await this.leave({ ...registration, id }, made);
      if (outcome) return outcome.registered;
      places = await this.place({ ...registration, id });
    }
  }

  /** Lists name it before its record is there. */
  private async place(environment: Pick<Environment, 'id' | 'organizationId' | 'deviceId'>): Promise<Places> {
    const { id, organizationId, deviceId } = environment;
    const tag = makeTag();
    const entry = taggedEntry(id, tag);
    const [page, devicePage] = await Promise.all([
      this.lists.add(organizationList(organizationId), entry),
      this.lists.add(deviceList(organizationId, deviceId), entry),
    ]);
    return { tag, page, devicePage };
  }

  /** What stays in lists without a record of its tag is passed over: nothing depends on this. */
  private async leave(
    environment: Pick<Environment, 'id' | 'organizationId' | 'deviceId'>,
    { tag, page, devicePage }: Places,
  ): Promise<void> {
    const { id, organizationId, deviceId } = environment;
    const entry = taggedEntry(id, tag);
    try {
      await Promise.all([
        this.lists.remove(organizationList(organizationId), { page, entry }),
        this.lists.remove(deviceList(organizationId, deviceId), { page: devicePage, entry }),
      ]);
    } catch (error) {
      this.log.warn(`Lists go on naming ${id}, which is there no more; they are read without it: ${String(error)}`);
    }
  }

  private async *read(entries: readonly string[]): AsyncGenerator<Environment, void> {
    for (let from = 0; from < entries.length; from += READ_AT_ONCE) {
      const wanted = entries.slice(from, from + READ_AT_ONCE).map(readTagged);
      const found = await Promise.all(wanted.map(async ({ id, tag }) => ({ tag, kept: await this.byId(id) })));
      for (const { tag, kept } of found) if (kept?.tag === tag) yield kept.environment;
    }
  }

  private async byId(id: string): Promise<KeptEnvironment | undefined> {
    return (await this.records.get<KeptEnvironment>(environmentKey(id)))?.value;
  }

  private async byConnection(connectionId: string): Promise<KeptEnvironment | undefined> {
    const id = await this.records.get<string>(connectionKey(connectionId));
    return id && this.byId(id.value);
  }

  private async change(id: string, change: (record: KeptEnvironment) => KeptEnvironment | undefined): Promise<void> {
    await this.records.change<KeptEnvironment, void>(environmentKey(id), (current) => ({
      value: current && change(current),
      result: undefined,
    }));
  }
}

function environmentKey(id: string): string {
  return `environment.${keyPart(id)}`;
}

function connectionKey(connectionId: string): string {
  return `connection.${keyPart(connectionId)}`;
}

function organizationList(organizationId: string): string {
  return `organization.${keyPart(organizationId)}`;
}

function deviceList(organizationId: string, deviceId: string): string {
  return `device.${keyPart(organizationId)}.${keyPart(deviceId)}`;
}

/** Nothing, when it has just left the page. */
function behindEntry(entries: readonly string[], entry: string): readonly string[] {
  const at = entries.indexOf(entry);
  return at < 0 ? [] : entries.slice(at + 1);
}

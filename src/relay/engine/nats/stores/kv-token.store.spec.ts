import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { NATS_SKIPPED } from '../../../../../test/kit/nats-server.js';
import { NatsWorld } from '../../../../../test/kit/nats-world.js';
import { SILENT } from '../../../../../test/kit/silent-logger.js';
import { SYSTEM_CLOCK } from '../../../../protocol/index.js';
import type { TokenRecord, TokenStore } from '../../../access/tokens/token-store.js';
import { ensureOrganization } from '../../../access/tokens/token-store.provider.js';
import { AccessWatch } from './access-watch.js';
import { KvTokenStore } from './kv-token.store.js';

const DAY_MS = 24 * 60 * 60 * 1_000;
const ACME = { id: 'acme', name: 'Acme', createdAt: 1 };

function token(number: number, changes: Partial<TokenRecord> = {}): TokenRecord {
  return {
    id: `tok-${number}`,
    organizationId: 'acme',
    name: 'build',
    role: 'device',
    environments: ['*'],
    access: 'steer',
    mayApprove: false,
    createdAt: number,
    createdBy: 'root',
    expiresAt: null,
    lastUsedAt: null,
    revokedAt: null,
    ...changes,
  };
}
const digest = (number: number): string => createHash('sha256').update(String(number)).digest('hex');

/** What a node is told, in order. */
class Told {
  private readonly ids: string[] = [];
  private readonly waiting: (() => void)[] = [];

  readonly changes = {
    tokenRevoked: (id: string): void => this.add(id),
    organizationDeleted: (id: string): void => this.add(id),
  };

  /** Resolves once it is told of all of these. */
  async of(...ids: string[]): Promise<void> {
    while (!ids.every((id) => this.ids.includes(id))) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  get all(): readonly string[] {
    return [...new Set(this.ids)].toSorted();
  }

  private add(id: string): void {
    this.ids.push(id);
    for (const wake of this.waiting.splice(0)) wake();
  }
}

describe.skipIf(NATS_SKIPPED)(`tokens of many nodes${NATS_SKIPPED ? `: ${NATS_SKIPPED}` : ''}`, () => {
  let world: NatsWorld;
  let one: TokenStore;
  let two: TokenStore;
  let told: Told;
  let watch: AccessWatch;
  beforeAll(async () => {
    Logger.overrideLogger(SILENT);
    world = await NatsWorld.start();
  });
  beforeEach(async () => {
    one = await KvTokenStore.open(await world.node());
    const node = await world.node();
    two = await KvTokenStore.open(node);
    await one.addOrganization(ACME);
    told = new Told();
    watch = new AccessWatch(node, told.changes, SYSTEM_CLOCK);
    await watch.begin();
  });
  afterEach(async () => {
    await watch.end();
    await world.empty();
  });
  afterAll(() => world.dispose());

  it('C30 lets every node know what another one revoked', async () => {
    await one.add(token(1), digest(1));
    await one.add(token(2), digest(2));
    await one.used('tok-2', 7);
    await one.revoke('tok-1', 9);
    await told.of('tok-1');
    expect(told.all).toEqual(['tok-1']);
    expect(await two.byDigest(digest(1))).toMatchObject({ revokedAt: 9 });
    await one.removeOrganization('acme', 10);
    await told.of('tok-2', 'acme');
  });

  it('C30 lets a node know what was revoked just before it began: somebody may be on the way in', async () => {
    await one.add(token(1), digest(1));
    await one.revoke('tok-1', 9);
    const late = new Told();
    const newcomer = new AccessWatch(await world.node(), late.changes, SYSTEM_CLOCK);
    await newcomer.begin();
    await late.of('tok-1');
    await newcomer.end();
  });

  it('C30 lets a node know what was revoked while it was away from NATS, and after', async () => {
    for (const number of [1, 2]) await one.add(token(number), digest(number));
    await world.outage(async () => {
      await expect(one.revoke('tok-1', 9)).rejects.toMatchObject({ code: 'CHANGE_NOT_KEPT' });
      await expect(two.byDigest(digest(1))).rejects.toMatchObject({ code: 'ENGINE_AWAY', status: 503 });
    });
    await one.revoke('tok-1', 9);
    await told.of('tok-1');
    await world.outage();
    await one.revoke('tok-2', 9);
    await told.of('tok-2');
  });

  it('C30 lets a node know what was revoked on a server that lost its newest records', async () => {
    for (const number of [1, 2, 3]) await one.add(token(number), digest(number));
    await one.revoke('tok-1', 9);
    await told.of('tok-1');
    const node = await world.node();
    await node.manager.streams.delete('KV_TWINLANE_TOKENS');
    const again = await KvTokenStore.open(node);
    await again.addOrganization(ACME);
    await again.add(token(2), digest(2));
    await again.revoke('tok-2', 9);
    await told.of('tok-2');
  });

  it('gives the id of an organisation once, whichever nodes want it at once', async () => {
    const outcomes = await Promise.allSettled(
      [one, two, one, two].map((store) => store.addOrganization({ ...ACME, id: 'new' })),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ORGANIZATION_EXISTS' });
    expect((await two.organizations()).map(({ id }) => id)).toEqual(['acme', 'new']);
  });

  it('lets nodes that start together make the organisation of the relay', async () => {
    const own = { ...ACME, id: 'default' };
    await Promise.all([one, two, one].map((store) => ensureOrganization(store, own)));
    expect(await one.organization('default')).toEqual(own);
    await one.removeOrganization('default', 9);
    await expect(ensureOrganization(two, own)).rejects.toMatchObject({ code: 'ORGANIZATION_EXISTS' });
  });

  it('leaves no token that lives on in an organisation that goes', async () => {
    const numbers = Array.from({ length: 30 }, (_, index) => index);
    const adding = numbers.map((number) => two.add(token(number), digest(number)));
    const [removed] = await Promise.all([one.removeOrganization('acme', 99), Promise.allSettled(adding)]);
    const tokens = await one.list('acme');
    expect(tokens.filter(({ revokedAt }) => revokedAt === null)).toEqual([]);
    expect(tokens.map(({ id }) => id)).toEqual(expect.arrayContaining([...removed]));
    await expect(two.add(token(99), digest(99))).rejects.toMatchObject({ code: 'ORGANIZATION_UNKNOWN' });
  });

  it('keeps the first time of a revocation and the last of a use, whichever nodes write them', async () => {
    await one.add(token(1), digest(1));
    await Promise.all([one.revoke('tok-1', 5), two.used('tok-1', 8), one.used('tok-1', 7), two.used('tok-1', 3)]);
    await two.revoke('tok-1', 6);
    expect(await one.get('tok-1')).toMatchObject({ revokedAt: 5 });
    await one.used('tok-1', 9);
    await two.used('tok-1', 4);
    expect(await two.get('tok-1')).toMatchObject({ revokedAt: 5, lastUsedAt: 9 });
  });

  it('forgets what ended over many days, and lists long lists', async () => {
    const numbers = Array.from({ length: 120 }, (_, index) => index);
    await Promise.all(
      numbers.map((number) => one.add(token(number, { expiresAt: (number % 40) * DAY_MS + 5 }), digest(number))),
    );
    const left = async (): Promise<number> => (await two.list('acme')).length;
    expect(await left()).toBe(120);
    await two.forgetEnded(10 * DAY_MS);
    expect(await left()).toBe(90);
    await one.forgetEnded(10 * DAY_MS + 6);
    expect(await left()).toBe(87);
    expect(await two.byDigest(digest(10))).toBeUndefined();
    await two.forgetEnded(90 * DAY_MS);
    expect(await left()).toBe(0);
  });
});

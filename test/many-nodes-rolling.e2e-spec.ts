import { mkdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type Attachment, isEvent, isGap, isReplayed, type Turn, TwinlaneClient } from '../src/client/index.js';
import { Balancer } from './kit/balancer.js';
import { HealthChecks } from './kit/health-checks.js';
import { NATS_SKIPPED, NatsServer } from './kit/nats-server.js';
import { PROCESS_TOKEN, RelayProcess } from './kit/relay-process.js';
import { startListener } from './kit/twinlane.js';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });

const LISTENERS = 3;
/** Longer than a balancer takes to notice. */
const DRAIN_DELAY_MS = 2_000;
/** Longer than a command takes on a busy machine. */
const DRAIN_GRACE_MS = 60_000;
/** Counts until it is told to stop. */
const COMMAND = `i=0; while [ ! -e stop ]; do i=$((i+1)); echo line-$i; sleep 0.02; done; exit 3`;
const COUNTER = 'counter.txt';

/** One listener, and a client that watches its runtime and never stops asking it for something. */
interface Pair {
  readonly workspace: string;
  readonly attachment: Attachment;
  readonly turn: Turn;
}

describe.skipIf(NATS_SKIPPED !== undefined)(
  `a rolling restart of three nodes (NATS: ${NATS_SKIPPED ?? 'here'})`,
  () => {
    let nats: NatsServer;
    let nodes: RelayProcess[];
    let checks: HealthChecks;
    let balancer: Balancer;
    const cleanups: (() => unknown)[] = [];

    beforeEach(async () => {
      nats = await NatsServer.start();
      const settings = {
        TWINLANE_ENGINE: nats.url,
        TWINLANE_DRAIN_DELAY_MS: String(DRAIN_DELAY_MS),
        TWINLANE_DRAIN_GRACE_MS: String(DRAIN_GRACE_MS),
      };
      nodes = await Promise.all(
        [1, 2, 3].map((n) => RelayProcess.start({ ...settings, TWINLANE_NODE_NAME: `node-${n}` })),
      );
      checks = await HealthChecks.start(nodes.map(({ port }) => port));
      balancer = await Balancer.start(() => checks.inTurns());
    });
    afterEach(async () => {
      for (const undo of cleanups.splice(0).toReversed()) await undo();
      await balancer.stop();
      await checks.stop();
      for (const each of nodes) await each.dispose();
      await nats.dispose();
    });

    async function begin(index: number): Promise<Pair> {
      const folder = path.join(nodes[0]?.home ?? '', `work-${index}`);
      await mkdir(folder, { recursive: true });
      const workspace = await realpath(folder);
      await writeFile(path.join(workspace, COUNTER), '0');
      const deviceId = `device-${index}`;
      const listener = await startListener({
        server: balancer.url,
        token: PROCESS_TOKEN,
        deviceId,
        workspace,
        transport: { backoffMinMs: 50, backoffMaxMs: 500 },
      });
      cleanups.push(() => listener.close());
      const client = clientOf();
      const environment = await vi.waitFor(async () => {
        const found = (await client.environments({ onlineOnly: true })).find((each) => each.deviceId === deviceId);
        if (!found) throw new Error('the environment is not online yet');
        return found;
      }, 120_000);
      const attachment = await client.attach(environment);
      cleanups.push(() => attachment.close());
      await attachment.runtimeStart({ agent_id: null });
      return { workspace, attachment, turn: await attachment.turn(COMMAND) };
    }

    function clientOf(): TwinlaneClient {
      return new TwinlaneClient({
        server: balancer.url,
        token: PROCESS_TOKEN,
        WebSocket,
        limits: { backoffFirstMs: 50, backoffMaxMs: 500 },
      });
    }

    /** The numbers and the text of a turn, to its end. */
    async function read(turn: Turn): Promise<{ numbers: number[]; printed: string }> {
      const numbers: number[] = [];
      let printed = '';
      for await (const event of turn) {
        expect(isGap(event)).toBe(false);
        if (!isReplayed(event)) numbers.push(Number(event['event_seq']));
        if (isEvent(event, 'stream_delta') && event.delta['stream'] === 'stdout') printed += event.delta['tool_return'];
      }
      expect(turn.outcome).toMatchObject({ stop_reason: 'end_turn' });
      return { numbers, printed };
    }

    /** What the relay says of each link that came after the first one. */
    async function verdicts(attachment: Attachment): Promise<(boolean | undefined)[]> {
      const said: (boolean | undefined)[] = [];
      for await (const state of attachment.states())
        if (state.phase === 'open' && 'resumed' in state) said.push(state.resumed);
      return said;
    }

    /** Counts in a file, where each step needs the one before: one that is lost, or done twice, breaks the next. @returns how far */
    async function count({ attachment }: Pair, isOver: () => boolean): Promise<number> {
      let n = 0;
      for (; !isOver(); n++)
        await attachment.command('edit_file', { file_path: COUNTER, old_string: String(n), new_string: String(n + 1) });
      return n;
    }

    /** Looks, again and again. */
    async function look({ attachment }: Pair, isOver: () => boolean): Promise<number> {
      let n = 0;
      for (; !isOver(); n++)
        expect(await attachment.command('list_in_directory', { path: '.', include_files: true })).toMatchObject({
          success: true,
        });
      return n;
    }

    /** @returns the answers that were no success */
    async function ask(work: (n: number) => Promise<{ status: number; body: unknown }>, isOver: () => boolean) {
      const failed: unknown[] = [];
      for (let n = 0; !isOver(); n++) {
        try {
          const answer = await work(n);
          if (answer.status !== 200) failed.push(answer);
        } catch (error) {
          failed.push(error);
        }
      }
      return failed;
    }

    async function rest(target: string, body?: object): Promise<{ status: number; body: unknown }> {
      const response = await fetch(`${balancer.url}${target}`, {
        // One that is kept may close just as the next request is sent: clients that keep some try again then.
        headers: {
          authorization: `Bearer ${PROCESS_TOKEN}`,
          'content-type': 'application/json',
          connection: 'close',
        },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      });
      return { status: response.status, body: await response.json() };
    }

    it('C26 no request fails, no command is lost, and every event is seen once and in order', async () => {
      const pairs = await Promise.all(Array.from({ length: LISTENERS }, (_, index) => begin(index)));
      let isOver = false;
      const over = (): boolean => isOver;
      const reading = pairs.map(({ turn }) => read(turn));
      const judged = pairs.map(({ attachment }) => verdicts(attachment));
      const counting = pairs.map((pair) => count(pair, over));
      const looking = pairs.map((pair) => look(pair, over));
      const messages = [{ role: 'user', content: 'true' }];
      const asking = [
        ask(() => rest('/v1/environments'), over),
        ask(() => rest(`/v1/environments/device-0/runtimes`), over),
        ask((n) => rest('/v1/environments/register', { deviceId: `other-${n % 50}`, connectionName: 'other' }), over),
        ask(() => rest('/v1/environments/device-1/messages', { messages, conversationId: 'by-rest' }), over),
      ];
      const working = Promise.all([...reading, ...counting, ...looking, ...asking]);
      working.catch(() => (isOver = true));

      for (const node of nodes) {
        node.asksToStop();
        expect((await node.ended()).code).toBe(0);
        await node.again();
        await checks.until(node.port, true);
      }
      isOver = true;
      const counted = await Promise.all(counting);
      await Promise.all(looking);
      for (const { workspace } of pairs) await writeFile(path.join(workspace, 'stop'), '');
      const seen = await Promise.all(reading);
      for (const { attachment } of pairs) attachment.close();

      expect((await Promise.all(asking)).flat()).toEqual([]);
      for (const { numbers, printed } of seen) {
        expect(numbers).toEqual(numbers.map((_, i) => Number(numbers[0]) + i));
        const lines = printed.trimEnd().split('\n');
        expect(lines).toEqual(lines.map((_, i) => `line-${i + 1}`));
      }
      for (const n of counted) expect(n).toBeGreaterThan(0);
      for (const said of await Promise.all(judged)) expect(said).toEqual(said.map(() => true));
    });
  },
);

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LinkSupervisor } from '../src/index.js';
import { DURATION_BUCKETS, Metrics, processMetricsText } from '../src/observability/index.js';
import { EngineMetrics } from '../src/relay/engine/engine.metrics.js';
import { describedIn, metricsReference, queriedNames } from './kit/metrics-reference.js';
import { onlineEnvironment, TOKEN, Twinlane } from './kit/twinlane.js';

let twinlane: Twinlane;
const folders: string[] = [];
afterEach(async () => {
  await twinlane.close();
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

/** Value of a sample: `name{label="value"}` as it stands in the text. */
function sample(text: string, name: string): number | undefined {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

async function scrape(headers: Record<string, string> = {}): Promise<{ status: number; type: string; text: string }> {
  const response = await fetch(`${twinlane.url}/metrics`, { headers });
  return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() };
}

function listenerMetrics(): Promise<string> {
  return twinlane.listener.get(Metrics, { strict: false }).text();
}

describe('GET /metrics', () => {
  it('counts connections, frames and bytes by channel and type, requests, histories and what is in flight', async () => {
    twinlane = await Twinlane.start();
    const attachment = await twinlane.attach();
    for await (const event of await attachment.turn('echo hi')) void event;
    await attachment.command('list_in_directory', { path: '.' });
    await attachment.command('made_up_by_me_7f3a', {}).catch(() => {});

    const { status, type, text } = await scrape();
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    for (const channel of ['control', 'stream'])
      expect(sample(text, `twinlane_relay_connections{peer="listener",channel="${channel}"}`)).toBe(1);
    expect(
      sample(text, 'twinlane_relay_frames_total{peer="listener",channel="stream",direction="in",type="stream_delta"}'),
    ).toBeGreaterThan(0);
    expect(
      sample(
        text,
        'twinlane_relay_frame_bytes_total{peer="client",channel="stream",direction="out",type="stream_delta"}',
      ),
    ).toBeGreaterThan(100);
    expect(sample(text, 'twinlane_relay_command_seconds_count{type="list_in_directory"}')).toBe(1);
    expect(sample(text, 'twinlane_relay_history_bytes')).toBeGreaterThan(0);
    expect(sample(text, 'twinlane_relay_in_flight_bytes')).toBeGreaterThanOrEqual(0);
    expect(
      sample(text, 'twinlane_relay_http_request_seconds_count{method="GET",route="/v1/environments",status="200"}'),
    ).toBeGreaterThan(0);
    expect(sample(text, 'process_cpu_seconds_total')).toBeGreaterThan(0);
    expect(text).toContain('type="other"');
    for (const id of ['made_up_by_me_7f3a', TOKEN, 'device-1']) expect(text).not.toContain(id);

    const device = await listenerMetrics();
    expect(sample(device, 'twinlane_listener_link_ready')).toBe(1);
    expect(sample(device, 'twinlane_listener_connections{channel="control"}')).toBe(1);
    expect(sample(device, 'twinlane_listener_command_seconds_count{type="list_in_directory"}')).toBe(1);
    expect(sample(device, 'twinlane_listener_refusals_total{code="COMMAND_UNKNOWN"}')).toBe(1);
    expect(sample(device, 'twinlane_listener_journal_bytes')).toBeGreaterThanOrEqual(0);
  });

  it('measures how long clients wait: for answers, for what they missed, and for their acknowledgements to come', async () => {
    twinlane = await Twinlane.start();
    const attachment = await twinlane.attach();
    for await (const event of await attachment.turn('echo hi')) void event;
    const { runtime, cursor } = attachment;
    if (!runtime || !cursor) throw new Error('the turn had no events');
    const environment = await onlineEnvironment(twinlane.client());
    const resumed = await twinlane.client().attach(environment, { runtime, resumeFrom: { ...cursor, seq: 1 } });
    for await (const event of resumed.events()) if (event.type === 'turn_finished') break;
    resumed.close();
    await attachment.command('app_server_info', {});
    expect(sample((await scrape()).text, 'twinlane_relay_command_seconds_count{type="app_server_info"}')).toBe(1);
    const device = 'twinlane_listener_ack_delay_seconds_count{channel="stream"}';
    // The last event and the last acknowledgement may be on their way still.
    await vi.waitFor(async () => {
      const { text } = await scrape();
      expect(sample(text, 'twinlane_relay_resume_seconds_count')).toBeGreaterThan(0);
      expect(sample(text, 'twinlane_relay_ack_delay_seconds_count')).toBeGreaterThan(0);
      expect(sample(await listenerMetrics(), device)).toBeGreaterThan(0);
    }, 60_000);
  });

  it('adds up what went over sockets, however often it is asked', async () => {
    twinlane = await Twinlane.start();
    const attachment = await twinlane.attach();
    const commands = 'twinlane_relay_frames_total{peer="client",channel="control",direction="in",type="sync"}';
    for (const count of [1, 2]) {
      await attachment.sync();
      expect(sample((await scrape()).text, commands)).toBe(count);
      expect(sample((await scrape()).text, commands)).toBe(count);
    }
  });

  it('counts refusals by code, wherever they are spoken', async () => {
    twinlane = await Twinlane.start();
    expect((await fetch(`${twinlane.url}/v1/environments`)).status).toBe(401);
    await fetch(`${twinlane.url}/v1/environments/nobody/status/ws`, {
      headers: { upgrade: 'websocket', connection: 'upgrade' },
    }).catch(() => {});
    await twinlane
      .client('not-the-right-token')
      .environments()
      .catch(() => {});
    const { text } = await scrape();
    expect(sample(text, 'twinlane_relay_refusals_total{at="http",code="TOKEN_REFUSED"}')).toBe(2);
  });

  it('counts reconnects and their causes, and nothing stays in flight of a socket that is gone', async () => {
    twinlane = await Twinlane.start({ listener: { transport: { backoffMinMs: 1, backoffMaxMs: 5 } } });
    const states = twinlane.listener.get(LinkSupervisor).states()[Symbol.asyncIterator]();
    const reaches = async (phase: string): Promise<void> => {
      while ((await states.next()).value?.phase !== phase);
    };
    await reaches('ready');
    await onlineEnvironment(twinlane.client());
    await twinlane.relay.close();
    await reaches('offline');
    const text = await listenerMetrics();
    expect(sample(text, 'twinlane_listener_reconnects_total{cause="closed RESTART",next="connect"}')).toBe(1);
    expect(sample(text, 'twinlane_listener_in_flight_bytes{channel="stream"}') ?? 0).toBe(0);
    expect(text).toMatch(/twinlane_listener_sockets_closed_total\{channel="(control|stream)",code="RESTART"\} 1/);
  });

  it('is for this machine and for whoever holds a token; what a proxy passes on is not this machine', async () => {
    twinlane = await Twinlane.start();
    expect((await scrape()).status).toBe(200);
    for (const header of ['x-forwarded-for', 'forwarded', 'via'])
      expect((await scrape({ [header]: '10.0.0.1' })).status).toBe(401);
    expect((await scrape({ 'x-forwarded-for': '10.0.0.1', authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });

  it('is for whoever holds a token alone where a proxy of this machine may look like this machine', async () => {
    twinlane = await Twinlane.start({ relay: { metricsTokenRequired: true } });
    expect((await scrape()).status).toBe(401);
    expect((await scrape({ authorization: 'Bearer no-token-of-this-relay' })).status).toBe(401);
    expect((await scrape({ authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });
});

describe('what is written about metrics', () => {
  const dashboard = new URL('../deploy/grafana/twinlane.json', import.meta.url);
  const alerts = new URL('../deploy/prometheus/alerts.yaml', import.meta.url);

  it('docs/metrics.md has every metric, and each is named as Prometheus has it', async () => {
    const { relay, nodes, listener } = await described();
    const where =
      'With `TWINLANE_ENGINE=nats://…`, beside those of the relay. Of one process, and no sums over all nodes.';
    const parts = [
      { title: 'Relay', metrics: relay },
      { title: 'One of many nodes', where, metrics: nodes },
      { title: 'Listener', metrics: listener },
    ];
    await expect(metricsReference(parts, DURATION_BUCKETS)).toMatchFileSnapshot('../docs/metrics.md');
    for (const { name, type } of [...relay, ...nodes, ...listener]) {
      expect(name).toMatch(/^twinlane_(relay|listener)_[a-z]+(_[a-z]+)*$/);
      if (type === 'counter') expect(name).toMatch(/_total$/);
      else expect(name).not.toMatch(/_total$/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      expect(name).not.toMatch(/_(ms|milliseconds|kb|mib|percent)(_|$)/);
    }
  });

  it('the dashboard and the alert rules ask for nothing that is not there', async () => {
    const { relay, nodes, listener, own } = await described();
    const known = queriedNames([...relay, ...nodes, ...listener, ...own]);
    for (const file of [dashboard, alerts]) {
      const text = await readFile(file, 'utf8');
      const asked = text.match(/\b(twinlane_(relay|listener)|process|nodejs)_[a-z_]+\b/g) ?? [];
      expect(asked.length).toBeGreaterThan(5);
      expect(asked.filter((name) => !known.has(name))).toEqual([]);
    }
  });

  it('the dashboard has a query and a place for every panel', async () => {
    const { panels, uid } = JSON.parse(await readFile(dashboard, 'utf8')) as { uid: string; panels: Panel[] };
    expect(uid).toBe('twinlane');
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { type, title, gridPos, targets = [] } of panels) {
      expect(title).not.toBe('');
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      if (type !== 'row') expect(targets.map(({ expr }) => expr)).not.toContain('');
    }
  });
});

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly w: number };
  readonly targets?: readonly { readonly expr: string }[];
}

/** Of a relay and a listener that keep what they know on disk, and what one of many nodes has beside that. */
async function described() {
  const [relayDir, listenerDir] = [await folder(), await folder()];
  twinlane = await Twinlane.start({ relay: { dataDir: relayDir }, listener: { dataDir: listenerDir } });
  const [relay, listener] = [twinlane.relay, twinlane.listener].map((app) =>
    app.get(Metrics, { strict: false }).describe(),
  );
  if (!relay || !listener) throw new Error('there are no metrics');
  const metrics = new Metrics();
  void new EngineMetrics(metrics);
  const nodes = metrics.describe();
  // A relay that is one of many has them, too.
  const names = new Set(nodes.map(({ name }) => name));
  const alone = relay.filter(({ name }) => !names.has(name));
  return { relay: alone, nodes, listener, own: describedIn(await processMetricsText()) };
}

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'twinlane-'));
  folders.push(made);
  return made;
}

import { afterEach, describe, expect, it } from 'vitest';
import { LinkSupervisor } from '../src/index.js';
import { Metrics } from '../src/observability/index.js';
import { TOKEN, Twinlane } from './kit/twinlane.js';

let twinlane: Twinlane;
afterEach(() => twinlane.close());

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
    const [environment] = await twinlane.client().environments({ onlineOnly: true });
    await twinlane.relay.close();
    await reaches('offline');
    const text = await listenerMetrics();
    expect(environment).toBeDefined();
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
});

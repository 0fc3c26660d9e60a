// How long a command and its answer, and an event, are under way where nothing else is to be done.
import { progress, quantile, round } from '../kit/figures.mjs';
import { startProgram } from '../kit/programs.mjs';

const EVERY_MS = 20;
const WARM_UP_MS = 1_000;

/** Which sites, and at which of their nodes the client is; the listener is at the first. */
export const LATENCY_ARMS = {
  embedded: { site: 'embedded', client: 0 },
  home: { site: 'nats', client: 0 },
  tunnel: { site: 'nats', client: 1 },
  home3copies: { site: 'nats3copies', client: 0 },
  tunnel3copies: { site: 'nats3copies', client: 1 },
};

/** @param sites by name @param arms names of them @returns quantiles by arm */
export async function measureLatency(sites, arms, { rounds, seconds, bytes }) {
  const pacers = {};
  for (const [part, [name, { urls }]] of Object.entries(sites).entries())
    pacers[name] = await startProgram('pacer', { server: urls[0], part, bytes });
  const results = Object.fromEntries(arms.map((arm) => [arm, { delays: [], trips: [] }]));
  for (let turn = 0; turn < rounds; turn++)
    for (const arm of turn % 2 === 0 ? arms : arms.toReversed()) {
      const { site, client } = LATENCY_ARMS[arm];
      const fields = { at: sites[site].urls[client], seconds, everyMs: EVERY_MS, warmUpMs: WARM_UP_MS };
      const { delays, trips } = await pacers[site].ask('measure', fields, (seconds + 60) * 1_000);
      results[arm].delays.push(...delays);
      results[arm].trips.push(...trips);
      progress(`latency, round ${turn + 1}, ${arm}: events p50 ${timesOf(delays).p50Ms} ms`);
    }
  for (const pacer of Object.values(pacers)) await pacer.stop();
  return Object.fromEntries(
    Object.entries(results).map(([arm, { delays, trips }]) => [
      arm,
      { control: timesOf(trips), event: timesOf(delays) },
    ]),
  );
}

function timesOf(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return { count: sorted.length, p50Ms: round(quantile(sorted, 0.5)), p99Ms: round(quantile(sorted, 0.99)) };
}

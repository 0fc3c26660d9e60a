// Many runtimes that each say a little now and then, so that each event is a message of its own to the stream of histories: what that costs
// the nodes and NATS.
import { setTimeout as after } from 'node:timers/promises';
import { Crowds } from '../kit/crowds.mjs';
import { median, progress, round } from '../kit/figures.mjs';

const WARM_UP_MS = 3_000;
const ARRIVE_MS = 30_000;
/** Of a crowd, at most. */
const PROCESSES = 4;

/** Which sites, and at which of their nodes clients are; listeners are at the first. */
export const STEADY_ARMS = {
  embedded: { site: 'embedded', client: 0 },
  home: { site: 'nats', client: 0 },
  tunnel: { site: 'nats', client: 1 },
  home3copies: { site: 'nats3copies', client: 0 },
};

let measurements = 0;

async function measure(site, client, seconds, { pairs, events, bytes }) {
  const crowd = {
    listeners: pairs,
    clients: pairs,
    streams: pairs,
    everyMs: (pairs * 1_000) / events,
    bytes,
    commands: 1,
  };
  const firstPart = PROCESSES * measurements++;
  const at = { server: site.urls[0], clientServer: site.urls[client], plain: false, firstPart };
  const crowds = await Crowds.start(crowd, at);
  await crowds.ask('openListeners');
  await crowds.ask('openClients');
  await crowds.ask('start');
  await after(WARM_UP_MS);
  await crowds.measured();
  await site.cpuUs();
  const begun = performance.now();
  await after(seconds * 1_000);
  const { relays, nats } = await site.cpuUs();
  const tookMs = performance.now() - begun;
  const { events: seen, delays, wrong } = await crowds.measured();
  const ends = await crowds.ask('stop', { withinMs: ARRIVE_MS }, 2 * ARRIVE_MS);
  await crowds.stop();
  const missing = ends.reduce((sum, each) => sum + each.missing, 0);
  if (missing > 0 || Object.keys(wrong).length > 0)
    throw new Error(`events: ${missing} missing, ${JSON.stringify(wrong)}`);
  return {
    eventsPerSecond: (seen * 1_000) / tookMs,
    p99Ms: delays.p99Ms,
    homeUs: relays[0] / seen,
    edgeUs: client === 0 ? 0 : relays[client] / seen,
    natsUs: nats / seen,
  };
}

/** @param sites by name @param arms names of them @returns medians by arm */
export async function measureSteady(sites, arms, { rounds, seconds, ...load }) {
  const results = Object.fromEntries(arms.map((arm) => [arm, []]));
  for (let turn = 0; turn < rounds; turn++)
    for (const arm of turn % 2 === 0 ? arms : arms.toReversed()) {
      const { site, client } = STEADY_ARMS[arm];
      const found = await measure(sites[site], client, seconds, load);
      results[arm].push(found);
      progress(`steady, round ${turn + 1}, ${arm}: ${round(found.homeUs, 0)} µs of the home for an event`);
    }
  return Object.fromEntries(Object.entries(results).map(([arm, found]) => [arm, summary(found)]));
}

function summary(found) {
  const of = (field, digits = 0) => round(median(found.map((each) => each[field])), digits);
  return {
    eventsPerSecond: of('eventsPerSecond'),
    p99Ms: of('p99Ms', 1),
    homeCpuUsPerEvent: of('homeUs'),
    edgeCpuUsPerEvent: of('edgeUs'),
    natsCpuUsPerEvent: of('natsUs'),
  };
}

// Frames a second from a listener to a client, as many as the processors let through: one pair of them for each node that works.
import { median, progress, round } from '../kit/figures.mjs';
import { startProgram } from '../kit/programs.mjs';

const WARM_UP_MS = 1_000;
/** Frames that a device is ahead of its client. */
const AHEAD = 2_048;

/** Which sites, how many pairs, and how many nodes further each client is than its listener. */
export const THROUGHPUT_ARMS = {
  embedded: { site: 'embedded', pairs: 1, further: 0 },
  home1: { site: 'nats', pairs: 1, further: 0 },
  home2: { site: 'nats', pairs: 2, further: 0 },
  home3: { site: 'nats', pairs: 3, further: 0 },
  tunnel1: { site: 'nats', pairs: 1, further: 1 },
  tunnel2: { site: 'nats', pairs: 2, further: 1 },
  tunnel3: { site: 'nats', pairs: 3, further: 1 },
};

async function measure({ urls, site }, loaders, { pairs, further }, seconds) {
  const working = loaders.slice(0, pairs);
  const measured = working.map((loader, index) => {
    loader.messages = [];
    const at = urls[(index + further) % urls.length];
    return loader.ask('measure', { clients: 1, seconds, warmUpMs: WARM_UP_MS, at });
  });
  const all = Promise.all(measured);
  const told = (what) => Promise.race([Promise.all(working.map((loader) => loader.hears(what))), all]);
  await told('started');
  await site.cpuUs();
  await told('stopped');
  const { relays, nats } = await site.cpuUs();
  const found = await all;
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const frames = sum(found.map((each) => each.frames));
  return {
    framesPerSecond: sum(found.map((each) => each.framesPerSecond)),
    relayUs: sum(relays) / frames,
    natsUs: nats / frames,
  };
}

/** @param sites by name @param arms names of them @returns medians by arm */
export async function measureThroughput(sites, arms, { rounds, seconds, bytes }) {
  const loaders = {};
  for (const [name, site] of Object.entries(sites))
    loaders[name] = await Promise.all(
      site.urls.map((server, index) =>
        startProgram('loader', { server, plain: false, bytes, ahead: AHEAD, name: `loader-${index}` }),
      ),
    );
  const results = Object.fromEntries(arms.map((arm) => [arm, []]));
  for (let turn = 0; turn < rounds; turn++)
    // Every second round backwards: what the machine does besides falls on all of them.
    for (const arm of turn % 2 === 0 ? arms : arms.toReversed()) {
      const { site: name, ...how } = THROUGHPUT_ARMS[arm];
      const site = sites[name];
      const found = await measure({ urls: site.urls, site }, loaders[name], how, seconds);
      results[arm].push(found);
      progress(`throughput, round ${turn + 1}, ${arm}: ${Math.round(found.framesPerSecond)} frames/s`);
    }
  for (const loader of Object.values(loaders).flat()) await loader.stop();
  return Object.fromEntries(Object.entries(results).map(([arm, found]) => [arm, summary(found)]));
}

function summary(found) {
  const of = (field) => median(found.map((each) => each[field]));
  return {
    framesPerSecond: Math.round(of('framesPerSecond')),
    relayCpuUsPerFrame: round(of('relayUs')),
    natsCpuUsPerFrame: round(of('natsUs')),
  };
}

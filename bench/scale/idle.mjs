// Memory of what is idle: listeners at one node, clients that come to it through another one.
import { setTimeout as after } from 'node:timers/promises';
import { progress } from '../kit/figures.mjs';
import { startProgram } from '../kit/programs.mjs';
import { Site } from './site.mjs';

const OPEN_MS = 300_000;
/** As in bench:memory: until connecting is over for the servers, too. */
const SETTLE_MS = 8_000;
/** What collects the garbage, node:inspector/promises, is said to be experimental. */
const FLAGS = ['--disable-warning=ExperimentalWarning'];

/** A site's memory when all garbage is collected, in bytes: resident of each node, in use in the heap of NATS. */
async function memoryOf(site) {
  await after(SETTLE_MS);
  const nodes = await Promise.all(site.relays.map((relay) => relay.ask('memory')));
  return { nodes: nodes.map(({ rss }) => rss), nats: await site.natsHeapBytes() };
}

/** @returns by how much each process grows, in bytes, for one more */
async function grown(site, idlers, what, { from, to, at }) {
  const open = (range) => idlers.ask(what, { ...range, ...(at && { at }) }, OPEN_MS);
  await open({ from: 0, to: from });
  const before = await memoryOf(site);
  await open({ from, to });
  const full = await memoryOf(site);
  if (idlers.messages.some(({ lost }) => lost)) throw new Error('a socket was closed');
  const each = (more) => Math.round(more / (to - from));
  return {
    nodes: full.nodes.map((rss, index) => each(rss - before.nodes[index])),
    nats: each(full.nats - before.nats),
  };
}

/** @returns bytes of a listener, and of a client through a tunnel */
export async function measureIdle({ from, to }) {
  const found = {};
  for (const name of ['embedded', 'nats']) {
    progress(`idle: ${to} environments, ${name}`);
    const site =
      name === 'nats' ? await Site.nats({ nodes: 2, flags: FLAGS, isProfiled: true }) : await Site.embedded(FLAGS);
    const idlers = await startProgram('idlers', { server: site.urls[0], plain: false, part: 0 });
    const listener = await grown(site, idlers, 'pairs', { from, to });
    const client = await grown(site, idlers, 'clients', { from, to, at: site.urls.at(-1) });
    found[name] = { listener, client };
    await idlers.stop();
    await site.stop();
  }
  const of = ({ nodes: [home, other], nats }) => ({ home, other, nats });
  const { embedded, nats } = found;
  return {
    from,
    to,
    listener: { embedded: embedded.listener.nodes[0], ...of(nats.listener) },
    tunnelledClient: { embedded: embedded.client.nodes[0], ...of(nats.client) },
  };
}

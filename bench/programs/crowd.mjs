// Listeners and clients of a load test: thousands in one process. Each client follows the runtime of one listener of its own crowd, and
// checks that every event comes once and in order.
import { setTimeout as after } from 'node:timers/promises';
import { CrowdClient } from '../kit/crowd-client.mjs';
import { CrowdListener } from '../kit/crowd-listener.mjs';
import { attempts, ends, outages } from '../kit/crowd-peer.mjs';
import { CrowdPlain } from '../kit/crowd-plain.mjs';
import { answer, config, tell } from '../kit/program.mjs';

const {
  server,
  clientServer = server,
  plain,
  part,
  listeners: listenerCount,
  clients: clientCount,
  streams,
  everyMs,
  commands,
  bytes,
  repeats = false,
} = config;
/** Pairs of sockets that are being opened at once. */
const AT_ONCE = 32;
const TICK_MS = 10;
const TELL_MS = 500;

const listeners = Array.from({ length: listenerCount }, (_, index) =>
  plain ? new CrowdPlain(part, server, 'device', `${part}-${index}`) : new CrowdListener(part, index, bytes),
);
const figures = { events: 0, wrong: {}, trips: [], delays: [] };
const told = {
  event: ({ listener }, number) => {
    figures.events++;
    figures.delays.push(performance.now() - dueAt(listener, number));
  },
  wrong: (kind, count) => {
    if (count > 0) figures.wrong[kind] = (figures.wrong[kind] ?? 0) + count;
  },
  answered: (ms) => figures.trips.push(ms),
};
const clients = Array.from({ length: clientCount }, (_, index) =>
  plain
    ? new CrowdPlain(part, server, 'client', `${part}-${index}`)
    : new CrowdClient(part, listeners[index % listenerCount], clientServer, repeats, told),
);

/** How many of either are there. */
function standing() {
  const ready = (peers) => peers.reduce((count, { isReady }) => count + (isReady ? 1 : 0), 0);
  return { listeners: ready(listeners), clients: ready(clients) };
}

const telling = setInterval(() => tell({ standing: { ...standing(), events: figures.events } }), TELL_MS);
telling.unref();

async function openAll(peers, open) {
  let next = 0;
  const work = async () => {
    while (next < peers.length) await open(peers[next++]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

let streaming;
let startedAt = 0;
let asked = 0;
let commanding;

/** When an event was there, of `performance.now`: listeners of a crowd do not speak at the same moment. */
function dueAt(listener, number) {
  return startedAt + listener.phase + (number - 1) * everyMs;
}

/** Streams begin, and commands. */
function start() {
  const speaking = listeners.slice(0, streams);
  for (const [index, listener] of speaking.entries()) listener.phase = (index * everyMs) / speaking.length;
  startedAt = performance.now();
  streaming = setInterval(() => {
    const now = performance.now();
    for (const listener of speaking) {
      const head = Math.max(0, 1 + Math.floor((now - startedAt - listener.phase) / everyMs));
      if (head > listener.head) listener.emit(head);
    }
  }, TICK_MS);
  commanding = setInterval(() => {
    const due = ((performance.now() - startedAt) * commands) / 1_000;
    for (; asked < due; asked++) {
      // A stride that visits all of them, whatever their number.
      const client = clients[(asked * 7_919) % clients.length];
      if (client.isReady && client.listener.isReady) client.ask();
    }
  }, TICK_MS);
}

/** What was measured since this was asked last. */
function measured() {
  const { events, wrong, trips, delays } = figures;
  Object.assign(figures, { events: 0, wrong: {}, trips: [], delays: [] });
  const causes = Object.fromEntries(ends);
  ends.clear();
  return { events, wrong, causes, trips: trips.map(toTenth), delays: delays.map(toTenth), ...standing() };
}

function toTenth(ms) {
  return Math.round(ms * 10) / 10;
}

/** When everybody was ready last, and when somebody tried since then; of `Date.now`. */
function returns({ since }) {
  return {
    listeners: listeners.map(({ readyAt }) => readyAt),
    clients: clients.map(({ readyAt }) => readyAt),
    attempts: attempts.filter((at) => at >= since),
  };
}

function isBack(since) {
  return [...listeners, ...clients].every(({ isReady, readyAt }) => isReady && readyAt >= since);
}

/** Since a moment of `Date.now`. */
function outagesSince({ since }) {
  return outages.filter(({ at }) => at >= since);
}

/** Until all of them are ready again. @returns whether they are */
async function back({ since, withinMs }) {
  for (const until = Date.now() + withinMs; Date.now() < until && !isBack(since);) await after(TICK_MS);
  return isBack(since);
}

/** Streams end, and what is under way arrives. @returns events that were emitted, and those that a client still waits for */
async function stop({ withinMs }) {
  clearInterval(streaming);
  clearInterval(commanding);
  const missing = () => clients.reduce((sum, { last, listener }) => sum + listener.head - last, 0);
  const waiting = () => clients.reduce((sum, client) => sum + client.waiting, 0);
  for (const until = Date.now() + withinMs; Date.now() < until && (missing() > 0 || waiting() > 0);)
    await after(TICK_MS);
  return { emitted: listeners.reduce((sum, { head }) => sum + head, 0), missing: missing(), waiting: waiting() };
}

answer({
  openListeners: () =>
    openAll(listeners, async (listener) => {
      if (!plain) await listener.register(server);
      await listener.connect();
    }),
  openClients: () => openAll(clients, (client) => client.connect()),
  start,
  measured,
  stop,
  back,
  returns,
  outages: outagesSince,
  standing,
  cut: () => {
    for (const peer of [...listeners, ...clients]) peer.cut();
  },
});
tell({ ready: true });

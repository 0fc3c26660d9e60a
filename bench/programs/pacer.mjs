// A listener and a client that say a little at a steady pace: how long each event and each command is under way.
import { setTimeout as after } from 'node:timers/promises';
import { CrowdClient } from '../kit/crowd-client.mjs';
import { CrowdListener } from '../kit/crowd-listener.mjs';
import { answer, config, tell } from '../kit/program.mjs';

const { server, part, bytes } = config;
let measurements = 0;

/**
 * An environment of its own, so that nobody reads what was before.
 *
 * @param at where the client connects
 */
async function measure({ at = server, seconds, everyMs, warmUpMs }) {
  const listener = new CrowdListener(part, `paced-${++measurements}`, bytes);
  await listener.register(server);
  await listener.connect();
  const sentAt = [];
  const delays = [];
  const trips = [];
  let isMeasured = false;
  const client = new CrowdClient(part, listener, at, false, {
    event: (_client, number) => {
      if (isMeasured) delays.push(performance.now() - sentAt[number]);
    },
    answered: (ms) => {
      if (isMeasured) trips.push(ms);
    },
    wrong: (kind, count) => {
      if (count > 0) throw new Error(`${count} × ${kind}`);
    },
  });
  await client.connect();
  const begun = performance.now();
  for (let due = begun; due < begun + warmUpMs + seconds * 1_000; due += everyMs) {
    await after(Math.max(0, due - performance.now()));
    isMeasured = performance.now() - begun >= warmUpMs;
    sentAt[listener.head + 1] = performance.now();
    listener.emit(listener.head + 1);
    await after(everyMs / 2);
    client.ask();
  }
  for (const until = Date.now() + 10_000; client.last < listener.head || client.waiting > 0; await after(10))
    if (Date.now() > until) throw new Error('something did not arrive');
  isMeasured = false;
  client.end();
  listener.end();
  return { delays, trips };
}

answer({ measure });
tell({ ready: true });

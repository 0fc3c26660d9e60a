// What NATS alone takes: messages of the stream of histories, written as homes write them, and what it remembers of them.
import { setTimeout as after } from 'node:timers/promises';
import { median, progress, round } from '../kit/figures.mjs';
import { cpuUsOf } from '../kit/process-usage.mjs';
import { startProgram } from '../kit/programs.mjs';

/** Runtimes that write at the same time, and events in each message. */
export const STREAM_LOADS = { one: [1, 1], many: [256, 1], batches: [16, 100] };
/** Until it has let go of the blocks that it wrote last. */
const SETTLE_MS = 15_000;

/** @param sites by name @returns what each takes, by site and load */
export async function measureStream(sites, { rounds, seconds, bytes }) {
  const results = {};
  for (const [name, { natsUrl, natsPids }] of Object.entries(sites)) {
    const publisher = await startProgram('publisher', { nats: natsUrl, bytes });
    const cpuUs = () => natsPids.reduce((sum, pid) => sum + cpuUsOf(pid), 0);
    const found = Object.fromEntries(Object.keys(STREAM_LOADS).map((load) => [load, []]));
    for (let turn = 0; turn < rounds; turn++)
      for (const [load, [runtimes, events]] of Object.entries(STREAM_LOADS)) {
        const before = cpuUs();
        const { messages, tookMs } = await publisher.ask(
          'flood',
          { runtimes, events, seconds },
          (seconds + 60) * 1_000,
        );
        const figures = { messagesPerSecond: (messages * 1_000) / tookMs, cpuUs: (cpuUs() - before) / messages };
        found[load].push({ ...figures, eventsPerSecond: figures.messagesPerSecond * events });
        progress(`stream, round ${turn + 1}, ${name}, ${load}: ${round(figures.messagesPerSecond, 0)} messages/s`);
      }
    await publisher.stop();
    results[name] = Object.fromEntries(Object.entries(found).map(([load, each]) => [load, summary(each)]));
  }
  return results;
}

function summary(found) {
  const of = (field) => round(median(found.map((each) => each[field])), 0);
  return {
    messagesPerSecond: of('messagesPerSecond'),
    eventsPerSecond: of('eventsPerSecond'),
    natsCpuUsPerMessage: of('cpuUs'),
  };
}

/** @param site whose NATS is profiled @returns bytes of the server's heap, for each message and for each subject more */
export async function measureSubjects({ natsUrl, natsHeapBytes }, { messages, bytes }) {
  const publisher = await startProgram('publisher', { nats: natsUrl, bytes });
  const grown = async (isOneEach) => {
    const before = await natsHeapBytes();
    await publisher.ask('fill', { messages, isOneEach }, 600_000);
    await after(SETTLE_MS);
    return Math.round(((await natsHeapBytes()) - before) / messages);
  };
  const perMessage = await grown(false);
  const perSubject = (await grown(true)) - perMessage;
  await publisher.stop();
  return { messages, perMessage, perSubject };
}

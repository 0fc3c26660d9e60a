import { quantile, round } from './figures.mjs';
import { startProgram } from './programs.mjs';
import { showProgress } from './progress-line.mjs';

/** Processes that play listeners and clients. */
const CROWDS = 2;

/** Until all of them are open, or did what else they were asked for. */
export const OPEN_MS = 600_000;

/** A number's share of one crowd; the first ones take what is left over. */
function shareOf(count, part) {
  return Math.floor(count / CROWDS) + (part < count % CROWDS ? 1 : 0);
}

/** All crowds as one. */
export class Crowds {
  phase = '';
  standing = [];

  /**
   * @param crowd how many listeners, clients, streams (every `everyMs`, of `bytes`) and commands a second, of all together; whether
   * commands that have no answer are asked again on new sockets (`repeats`)
   * @param at which server, where clients connect if not there, and whether it understands nothing; whoever uses it
   *   again counts parts on: the names of listeners, and their addresses, contain them
   */
  static async start(
    { listeners, clients, streams, everyMs, commands, bytes, repeats = false },
    { server, clientServer, plain, firstPart = 0 },
  ) {
    const all = new Crowds();
    all.programs = await Promise.all(
      Array.from({ length: CROWDS }, (_, part) =>
        startProgram('crowd', {
          server,
          clientServer,
          plain,
          part: firstPart + part,
          listeners: shareOf(listeners, part),
          clients: shareOf(clients, part),
          streams: shareOf(streams, part),
          everyMs,
          commands: commands / CROWDS,
          bytes,
          repeats,
        }),
      ),
    );
    for (const [part, { child }] of all.programs.entries())
      child.on('message', ({ standing }) => {
        if (standing) all.show(part, standing);
      });
    return all;
  }

  ask(name, fields = {}, withinMs = OPEN_MS) {
    return Promise.all(this.programs.map((program) => program.ask(name, fields, withinMs)));
  }

  /** Waits while it shows how many are there. */
  async during(phase, work) {
    this.phase = phase;
    const begun = performance.now();
    const result = await work;
    this.phase = '';
    return { result, tookMs: performance.now() - begun };
  }

  show(part, standing) {
    this.standing[part] = standing;
    if (this.phase === '') return;
    const sum = (field) => this.standing.reduce((total, each) => total + (each?.[field] ?? 0), 0);
    showProgress(`${this.phase}: ${sum('listeners')} listeners, ${sum('clients')} clients, ${sum('events')} events`);
  }

  /** What they measured since they were asked last. */
  async measured() {
    const parts = await this.ask('measured');
    const sorted = (field) => parts.flatMap((part) => part[field]).toSorted((a, b) => a - b);
    return {
      events: parts.reduce((sum, part) => sum + part.events, 0),
      commands: timesOf(sorted('trips')),
      delays: timesOf(sorted('delays')),
      wrong: summed(parts.map(({ wrong }) => wrong)),
      causes: summed(parts.map(({ causes }) => causes)),
    };
  }

  async stop() {
    await Promise.all(this.programs.map((program) => program.stop()));
  }
}

function summed(counts) {
  const sum = {};
  for (const [kind, count] of counts.flatMap(Object.entries)) sum[kind] = (sum[kind] ?? 0) + count;
  return sum;
}

function timesOf(sorted) {
  const at = (q) => (sorted.length === 0 ? null : round(quantile(sorted, q), 1));
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

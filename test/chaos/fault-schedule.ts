import type { Engine } from './chaos-options.js';
import { SeededRandom } from './seeded-random.js';

/** Kinds of faults, and how often each lies in the deck that they are drawn from: all come before one comes again. */
const ANYWHERE = {
  cut: 3,
  'cut-mid-frame': 3,
  'half-open': 2,
  delay: 2,
  throttle: 1,
  refuse: 2,
  hang: 1,
  corrupt: 3,
  'slow-reader': 2,
};
const LISTENERS = {
  'kill-listener': 1,
  /** It emits while its link is refused, and is killed before it has sent any of that. */
  'kill-listener-offline': 1,
};
const ONE_RELAY = {
  'kill-relay': 1,
  /** Its histories are deleted while it is down. */
  'kill-relay-lose-history': 1,
};
/** Of nodes, which are named by what is at them, and of NATS. */
const NODES = {
  'kill-listener-node': 1,
  'kill-client-node': 1,
  'kill-both-nodes': 1,
  'kill-all-nodes': 1,
  /** Its data directory is emptied while it is down. */
  'kill-node-lose-cache': 1,
  /** It stands still for longer than the others wait for it. */
  'freeze-node': 1,
  /** It does not reach NATS, for as long. */
  'cut-off-node': 1,
  'kill-nats': 1,
  'kill-nats-and-nodes': 1,
};
const ALL = { ...ANYWHERE, ...ONE_RELAY, ...LISTENERS, ...NODES };

export type FaultKind = keyof typeof ALL;

const KINDS = {
  embedded: { ...ANYWHERE, ...ONE_RELAY, ...LISTENERS },
  nats: { ...ANYWHERE, ...LISTENERS, ...NODES },
} as const;

/** The kinds that come where the relay keeps its state in this. */
export function kindsOn(engine: Engine): readonly FaultKind[] {
  return Object.keys(KINDS[engine]) as FaultKind[];
}

/** Whether it strikes everybody: it is of the relay, or of what is below it. */
export function isOfRelay(kind: FaultKind): boolean {
  return kind in ONE_RELAY || kind in NODES;
}

/** Faults of the network, which strike sockets of a listener or of a client. The others name their victim by their kind. */
const SIDES = ['listener', 'client'] as const;
const SOCKETS = ['control', 'stream', 'both'] as const;
const DIRECTIONS = ['up', 'down'] as const;
const CORRUPTIONS = ['reserved-bits', 'length', 'utf-8'] as const;

/** One fault. Every field is drawn for every kind, whether it matters or not. */
export interface Fault {
  readonly kind: FaultKind;
  /** ms since the first event was emitted. */
  readonly at: number;
  /** ms. */
  readonly duration: number;
  readonly device: number;
  /** Of that device. */
  readonly client: number;
  readonly side: (typeof SIDES)[number];
  readonly sockets: (typeof SOCKETS)[number];
  readonly direction: (typeof DIRECTIONS)[number];
  readonly bothDirections: boolean;
  readonly corruption: (typeof CORRUPTIONS)[number];
  /** Carried before a cut in mid-frame. */
  readonly bytes: number;
  /** Of a throttled connection. */
  readonly bytesPerSecond: number;
}

/** A kind, and what is not left to chance. */
export type WantedFault = Pick<Fault, 'kind'> & Partial<Omit<Fault, 'at'>>;

export interface ScheduleOptions {
  readonly engine: Engine;
  readonly seed: number;
  readonly seconds: number;
  readonly devices: number;
  readonly clients: number;
  /** What a planted bug needs: these come first. */
  readonly first?: readonly WantedFault[];
}

const FIRST_AT_MS = 1_000;
/** Mean time between two faults; they overlap. What was at a node that is killed needs longer to come back. */
const MEAN_GAP_MS = { embedded: 1_000, nats: 1_500 };
const LEAST_GAP_MS = 150;
const LEAST_DURATION_MS = 200;
const MOST_DURATION_MS = 3_000;

/** Every fault of a run, known before it begins: the same options give the same faults. */
export function faultSchedule({ engine, seed, seconds, devices, clients, first = [] }: ScheduleOptions): Fault[] {
  const random = new SeededRandom(seed);
  const deck: WantedFault[] = [...first];
  const faults: Fault[] = [];
  for (let at = FIRST_AT_MS; at < seconds * 1_000; at += gap(random, MEAN_GAP_MS[engine])) {
    if (deck.length === 0) deck.push(...random.shuffled(fullDeck(engine)));
    const wanted = deck.shift();
    if (wanted) faults.push({ ...draw(random, { devices, clients }), ...wanted, at });
  }
  return faults;
}

/** Over NATS each once: so many nodes are killed that a minute must do for all. */
function fullDeck(engine: Engine): WantedFault[] {
  return kindsOn(engine).flatMap((kind) => Array.from({ length: engine === 'nats' ? 1 : ALL[kind] }, () => ({ kind })));
}

function draw(
  random: SeededRandom,
  { devices, clients }: Pick<ScheduleOptions, 'devices' | 'clients'>,
): Omit<Fault, 'kind' | 'at'> {
  return {
    duration: random.between(LEAST_DURATION_MS, MOST_DURATION_MS),
    device: random.between(0, devices - 1),
    client: random.between(0, clients - 1),
    side: random.pick(SIDES),
    sockets: random.pick(SOCKETS),
    direction: random.pick(DIRECTIONS),
    bothDirections: random.next() < 0.5,
    corruption: random.pick(CORRUPTIONS),
    bytes: random.between(1, 20_000),
    bytesPerSecond: random.between(20_000, 200_000),
  };
}

/** Exponential, so that some come together. */
function gap(random: SeededRandom, mean: number): number {
  return LEAST_GAP_MS + Math.round(-Math.log(1 - random.next()) * (mean - LEAST_GAP_MS));
}

import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

/** What the relay keeps its state in: a process by itself, or NATS for many. */
export type Engine = 'embedded' | 'nats';

export interface ChaosOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly devices: number;
  /** Of each device; each follows every runtime of it. */
  readonly clients: number;
  readonly engine: Engine;
  /** Processes of the relay. */
  readonly nodes: number;
  /** Without resumable channels, to compare with. */
  readonly reference: 'plain' | undefined;
  /** A bug that the run must find. */
  readonly plant: 'dedupe' | 'tail' | undefined;
  /** Whether its folder stays though nothing went wrong. */
  readonly keeps: boolean;
}

export const USAGE =
  'npm run chaos -- [--engine embedded|nats] [--nodes N] [--seed N] [--seconds S] [--devices D] [--clients C] [--reference plain] [--plant dedupe|tail] [--keep] [--help]';

const MOST_SEED = 2 ** 32;
const NODES_ON_NATS = '3';

/** Whether only the usage is wanted. */
export function wantsUsage(args: readonly string[]): boolean {
  return args.includes('--help') || args.includes('-h');
}

/** @throws Error that says what is wrong */
export function readChaosOptions(args: readonly string[]): ChaosOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      devices: { type: 'string', default: '2' },
      clients: { type: 'string', default: '2' },
      engine: { type: 'string', default: 'embedded' },
      nodes: { type: 'string' },
      reference: { type: 'string' },
      plant: { type: 'string' },
      keep: { type: 'boolean', default: false },
    },
  });
  const engine = oneOf('engine', values.engine, ['embedded', 'nats']) ?? 'embedded';
  const nodes = whole('nodes', values.nodes ?? (engine === 'nats' ? NODES_ON_NATS : '1'), 1, 9);
  if (engine === 'embedded' && nodes > 1)
    throw new Error(`--nodes ${nodes} needs --engine nats: an embedded relay is one process.`);
  return {
    engine,
    nodes,
    seed: values.seed === undefined ? randomInt(MOST_SEED) : whole('seed', values.seed, 0, MOST_SEED - 1),
    seconds: whole('seconds', values.seconds, 2, 24 * 60 * 60),
    devices: whole('devices', values.devices, 1, 20),
    clients: whole('clients', values.clients, 1, 20),
    reference: oneOf('reference', values.reference, ['plain']),
    plant: oneOf('plant', values.plant, ['dedupe', 'tail']),
    keeps: values.keep,
  };
}

function whole(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < least || value > most)
    throw new Error(`--${name} must be a whole number from ${least} to ${most}, not "${text}".`);
  return value;
}

function oneOf<T extends string>(name: string, text: string | undefined, known: readonly T[]): T | undefined {
  const value = known.find((one) => one === text);
  if (text !== undefined && value === undefined)
    throw new Error(`--${name} must be ${known.join(' or ')}, not "${text}".`);
  return value;
}

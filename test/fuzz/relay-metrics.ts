import { promise } from './watch.js';

type Labels = Readonly<Record<string, string>>;

/** What a relay has counted at one moment. */
export class Counted {
  constructor(private readonly text: string) {}

  static async at(server: string): Promise<Counted> {
    return new Counted(await (await fetch(`${server}/metrics`)).text());
  }

  /** Sum of the samples of a name that have these labels. */
  of(name: string, labels: Labels = {}): number {
    const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return this.text
      .split('\n')
      .filter(
        (line) =>
          (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && wanted.every((part) => line.includes(part)),
      )
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  }
}

/** At least this much was refused; what is refused last may be counted after its peer knows. */
export interface Expected {
  readonly name: string;
  readonly labels: Labels;
  readonly by: number;
}

const TRIES = 200;

/** @throws Finding when a refusal was not counted */
export async function assertCounted(server: string, before: Counted, expected: readonly Expected[]): Promise<Counted> {
  for (let tries = 1; ; tries++) {
    const now = await Counted.at(server);
    const missing = expected.filter(({ name, labels, by }) => now.of(name, labels) - before.of(name, labels) < by);
    if (missing.length === 0) return now;
    promise(tries < TRIES, () => `Refused, but not counted: ${JSON.stringify(missing)}`);
  }
}

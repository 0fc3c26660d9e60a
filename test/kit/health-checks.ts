import { sleep, SYSTEM_CLOCK } from '../../src/protocol/index.js';

/** Between two questions, in ms. */
const EVERY_MS = 100;

/** What a balancer knows of the nodes behind it: each is asked for `/readyz`, over and over, and given traffic while it says yes. */
export class HealthChecks {
  private readonly ready = new Set<number>();
  private readonly life = new AbortController();
  private readonly asking: Promise<unknown>;
  private waiting: (() => void)[] = [];
  private turn = 0;

  private constructor(private readonly ports: readonly number[]) {
    this.asking = Promise.all(ports.map((port) => this.watch(port)));
  }

  /** Resolves once all of them are in service. */
  static async start(ports: readonly number[]): Promise<HealthChecks> {
    const checks = new HealthChecks(ports);
    for (const port of ports) await checks.until(port, true);
    return checks;
  }

  /** Those in service, another one first each time. */
  inTurns(): readonly number[] {
    this.turn++;
    const inService = this.ports.filter((port) => this.ready.has(port));
    return inService.map((_, i) => inService[(this.turn + i) % inService.length] ?? 0);
  }

  /** Resolves once a node is in service, or no longer. */
  async until(port: number, inService: boolean): Promise<void> {
    while (this.ready.has(port) !== inService) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async stop(): Promise<void> {
    this.life.abort();
    await this.asking;
  }

  private async watch(port: number): Promise<void> {
    const { signal } = this.life;
    while (!signal.aborted) {
      if (await isReady(port, signal)) this.ready.add(port);
      else this.ready.delete(port);
      for (const look of this.waiting.splice(0)) look();
      await sleep(SYSTEM_CLOCK, EVERY_MS, signal);
    }
  }
}

async function isReady(port: number, signal: AbortSignal): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal, headers: { connection: 'close' } });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    // Nobody answers there: not ready, which is all that is asked.
    return false;
  }
}

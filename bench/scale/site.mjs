// One relay, as people would run it: a process, or nodes and what is beneath them.
import { temporaryDirectory } from '../kit/at-exit.mjs';
import { NO_LIMITS } from '../kit/no-limits.mjs';
import { RelayNodes } from '../kit/nodes.mjs';
import { cpuUsOf } from '../kit/process-usage.mjs';
import { startRelay } from '../kit/programs.mjs';

export class Site {
  #natsCpuUs = 0;
  #stop;

  constructor(relays, { url, pids, heapBytes }, stop) {
    this.relays = relays;
    this.natsUrl = url;
    this.natsPids = pids;
    this.natsHeapBytes = heapBytes;
    this.#stop = stop;
  }

  /** @param flags of Node */
  static async embedded(flags = []) {
    const relay = await startRelay(temporaryDirectory(), { flags, args: NO_LIMITS });
    return new Site([relay], { pids: [], heapBytes: async () => 0 }, () => relay.stop());
  }

  /** @param copies that NATS keeps, each on a server of its own @param isProfiled whether the heap of NATS can be asked for */
  static async nats({ nodes, copies = 1, flags = [], isProfiled = false }) {
    const args = ['--nats-replicas', String(copies)];
    const all = await RelayNodes.start(nodes, { flags, args, nats: { servers: copies, isProfiled } });
    const relays = all.nodes.map(({ program }) => program);
    return new Site(relays, all.nats, () => all.stop());
  }

  get urls() {
    return this.relays.map(({ url }) => url);
  }

  /** CPU time since this was asked last, in µs: of each node, and of NATS. */
  async cpuUs() {
    const used = await Promise.all(this.relays.map((relay) => relay.ask('usage')));
    const before = this.#natsCpuUs;
    this.#natsCpuUs = this.natsPids.reduce((sum, pid) => sum + cpuUsOf(pid), 0);
    return { relays: used.map(({ cpuUs }) => cpuUs), nats: this.#natsCpuUs - before };
  }

  stop() {
    return this.#stop();
  }
}

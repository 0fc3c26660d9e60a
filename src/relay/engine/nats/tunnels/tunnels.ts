import type { Clock, Timer } from '../../../../protocol/index.js';
import { Tunnel, type TunnelLimits, type TunnelOutlets } from './tunnel.js';
import { decodePacket, encodePacket, MOST_HEADER_BYTES, type Packet } from './tunnel-packet.js';

/** What carries packets between nodes: each arrives once, late, twice or not at all. */
export interface TunnelBus {
  /** @param node the incarnation of the node it is for */
  publish(node: string, packet: Uint8Array): void;
  /** Bytes of the largest packet. */
  readonly maxPacketBytes: number;
}

/** Told what tunnels carry, for `/metrics`. */
export interface TunnelsObserver {
  packetSent(bytes: number): void;
  packetReceived(bytes: number): void;
}

export interface TunnelsOptions {
  /** Bytes of one tunnel that the other node has not received; beyond, it breaks. Default 32 MiB. */
  readonly keptBytes?: number;
  /** Bytes of all of them together; beyond, the one breaks that would keep more. Default 256 MiB. */
  readonly allKeptBytes?: number;
  /** What was read is acknowledged after this time, in ms. Default 5. */
  readonly acknowledgeMs?: number;
  /** Or at once, when it is so many bytes. Default 32 KiB. */
  readonly acknowledgeBytes?: number;
  /** Tunnels are looked at this often, in ms: what has not moved since is asked for. Default 1,000. */
  readonly lookMs?: number;
  /** One that nothing came through for so many looks is asked whether it is there: its end may have been lost. Default 60. */
  readonly quietLooks?: number;
}

const KIB = 1024;

/** What a tunnel's name says of it. */
const SEPARATOR = '.';

/** The ends of tunnels at this node. */
export class Tunnels implements TunnelOutlets {
  private readonly tunnels = new Map<string, Tunnel>();
  /** Bytes read by those that owe an acknowledgement. */
  private readonly owing = new Map<Tunnel, number>();
  private readonly limits: TunnelLimits;
  private readonly allKeptBytes: number;
  private readonly acknowledgeMs: number;
  private readonly acknowledgeBytes: number;
  private readonly lookMs: number;
  private acknowledging: Timer | undefined;
  private looking: Timer | undefined;
  private opened = 0;
  private keptBytes = 0;

  /** @param self the incarnation of this node: letters, digits, `-` and `_` */
  constructor(
    private readonly self: string,
    private readonly bus: TunnelBus,
    private readonly clock: Clock,
    private readonly observer: TunnelsObserver,
    options: TunnelsOptions = {},
  ) {
    const { keptBytes = 32 * KIB * KIB, allKeptBytes = 256 * KIB * KIB, quietLooks = 60 } = options;
    const { acknowledgeMs = 5, acknowledgeBytes = 32 * KIB, lookMs = 1_000 } = options;
    // What the server allows may change while this node is connected to another server: half of it is always there.
    const bodyBytes = Math.max(KIB, Math.floor((bus.maxPacketBytes - MOST_HEADER_BYTES) / 2));
    this.limits = { bodyBytes, keptBytes, quietLooks };
    this.allKeptBytes = allKeptBytes;
    this.acknowledgeMs = acknowledgeMs;
    this.acknowledgeBytes = acknowledgeBytes;
    this.lookMs = lookMs;
  }

  get count(): number {
    return this.tunnels.size;
  }

  /** This end of a tunnel to another node, which is to be told its `id`. */
  dial(node: string): Tunnel {
    return this.accept([this.self, node, String(++this.opened)].join(SEPARATOR));
  }

  /** This end of a tunnel that another node has named. */
  accept(id: string): Tunnel {
    const tunnel = new Tunnel(id, this, this.limits);
    this.tunnels.set(id, tunnel);
    this.looking ??= this.clock.after(this.lookMs, () => this.look());
    return tunnel;
  }

  /** A packet from the bus. */
  take(bytes: Uint8Array): void {
    this.observer.packetReceived(bytes.length);
    const packet = decodePacket(bytes);
    if (!packet) return;
    const tunnel = this.tunnels.get(packet.id);
    if (tunnel) tunnel.take(packet);
    else if (packet.kind !== 'gone') this.publish({ ...packet, kind: 'gone', seq: 0, body: new Uint8Array() });
  }

  /** The bus was away, and is back. */
  ask(): void {
    for (const tunnel of this.tunnels.values()) tunnel.ask();
  }

  /** Breaks the tunnels to nodes that are gone. */
  breakWhere(isGone: (node: string) => boolean): void {
    for (const tunnel of this.tunnels.values()) if (isGone(this.otherOf(tunnel.id))) tunnel.break();
  }

  /** Those of sockets at this node whose clients are to be told how much was passed on. */
  leaving(): Tunnel[] {
    return [...this.tunnels.values()].filter(({ counts }) => counts);
  }

  /** Stops its timers. */
  stop(): void {
    this.acknowledging?.cancel();
    this.looking?.cancel();
  }

  publish(packet: Packet): void {
    const bytes = encodePacket(packet);
    this.observer.packetSent(bytes.length);
    this.bus.publish(this.otherOf(packet.id), bytes);
  }

  owes(tunnel: Tunnel, bytes: number): void {
    const owed = (this.owing.get(tunnel) ?? 0) + bytes;
    if (owed >= this.acknowledgeBytes) return tunnel.acknowledge();
    this.owing.set(tunnel, owed);
    this.acknowledging ??= this.clock.after(this.acknowledgeMs, () => this.acknowledge());
  }

  get mayKeep(): boolean {
    return this.keptBytes <= this.allKeptBytes;
  }

  kept(bytes: number): void {
    this.keptBytes += bytes;
  }

  told(tunnel: Tunnel): void {
    this.owing.delete(tunnel);
  }

  ended(tunnel: Tunnel): void {
    this.owing.delete(tunnel);
    this.tunnels.delete(tunnel.id);
  }

  private acknowledge(): void {
    this.acknowledging = undefined;
    for (const tunnel of this.owing.keys()) tunnel.acknowledge();
  }

  private look(): void {
    this.looking = undefined;
    for (const tunnel of this.tunnels.values()) tunnel.look();
    if (this.tunnels.size > 0) this.looking = this.clock.after(this.lookMs, () => this.look());
  }

  private otherOf(id: string): string {
    const [from = '', to = ''] = id.split(SEPARATOR);
    return from === this.self ? to : from;
  }
}

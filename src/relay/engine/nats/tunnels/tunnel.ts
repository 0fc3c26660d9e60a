import type { ChannelSocket, SocketReceiver } from '../../../../channel/index.js';
import { CLOSE_CODES, messagesReadReason, sleep, type Clock } from '../../../../protocol/index.js';
import { RESTART_REASON } from '../../../gateways/restart-reasons.js';
import type { Packet, PacketKind } from './tunnel-packet.js';

/** What a tunnel needs of the node it ends at. */
export interface TunnelOutlets {
  /** To the other end; may be lost. */
  publish(packet: Packet): void;
  /** Bytes were read: where this end stands is to be told before long. */
  owes(tunnel: Tunnel, bytes: number): void;
  /** A packet that says where this end stands has left. */
  told(tunnel: Tunnel): void;
  /** More is kept to be sent again, or less (bytes). */
  kept(bytes: number): void;
  /** Whether all tunnels together keep no more than they may. */
  readonly mayKeep: boolean;
  /** Nothing comes or goes any more. */
  ended(tunnel: Tunnel): void;
}

export interface TunnelLimits {
  /** Bytes of a message that fit into one packet. */
  readonly bodyBytes: number;
  /** Bytes that the other end has not said to have received; beyond, the tunnel breaks. */
  readonly keptBytes: number;
  /** Looks without a packet of the other end; with the next one it is asked whether it is there. */
  readonly quietLooks: number;
}

/** May say later when each message has left. */
interface TunnelReceiver extends Pick<SocketReceiver, 'closed'> {
  message(text: string, isBinary: boolean, taken: () => void): void;
}

/** A numbered packet that may have to be sent again. */
interface Kept {
  readonly seq: number;
  readonly kind: PacketKind;
  readonly body: Uint8Array;
}

/** A message that has not left the other end. */
interface Untaken {
  /** Of its last packet. */
  readonly seq: number;
  readonly length: number;
  readonly written: (() => void) | undefined;
}

/** What a packet takes in memory beside its body, about: also those without one are counted. */
const PACKET_BYTES = 100;
const NOTHING = new Uint8Array();
/** A node that stops waits so long for the other end of a tunnel, in ms, and looks so often. */
const LEAVE_MS = 1_000;
const LOOK_AGAIN_MS = 10;
const BROKEN = 'The relay node that serves this environment is gone; reconnect.';

/**
 * One end of a tunnel between two nodes: a socket whose messages arrive once and in order, whatever the bus between loses. Each
 * direction numbers its packets and keeps them until the other end has them; an end that misses some asks, and all that is kept is sent
 * again. What the other end has *received* frees what is kept, what it has *taken* (its own socket has written it) makes room for more.
 */
export class Tunnel implements ChannelSocket {
  private phase: 'open' | 'closing' | 'ended' = 'open';
  private sent = 0;
  private received = 0;
  private taken = 0;
  private kept: Kept[] = [];
  private keptBytes = 0;
  private untaken: Untaken[] = [];
  private untakenLength = 0;
  private parts: Uint8Array[] = [];
  /** A gap was told already. */
  private hasAsked = false;
  /** What was outstanding at the last look. */
  private seen = 0;
  /** Looks since the last packet. */
  private quiet = 0;
  private receiver: TunnelReceiver | undefined;
  /** Whether its receiver says when a message has left; else it is done with once it was handed over. */
  private isJoined = false;
  private early: ((receiver: TunnelReceiver) => void)[] = [];
  /** The socket that this end is connected with, and the messages that it passed on; where its peer is to be told of them. */
  private joined: { readonly socket: ChannelSocket; messages: number; isLeaving: boolean } | undefined;
  private closing = { code: CLOSE_CODES.ABNORMAL.code as number, reason: '' };

  constructor(
    readonly id: string,
    private readonly outlets: TunnelOutlets,
    private readonly limits: TunnelLimits,
  ) {}

  get open(): boolean {
    return this.phase === 'open';
  }

  get bufferedAmount(): number {
    return this.untakenLength;
  }

  send(text: string, written?: () => void): void {
    if (!this.open) return;
    const bytes = Buffer.from(text);
    const { bodyBytes } = this.limits;
    let from = 0;
    for (; bytes.length - from > bodyBytes; from += bodyBytes)
      this.number('part', bytes.subarray(from, from + bodyBytes));
    this.number('text', bytes.subarray(from));
    this.untaken.push({ seq: this.sent, length: text.length, written });
    this.untakenLength += text.length;
    this.bound();
  }

  /** Passes on that a binary message came: of those nobody reads more than that. */
  sendBinary(): void {
    if (!this.open) return;
    this.number('binary', NOTHING);
    this.bound();
  }

  close(code: number, reason = ''): void {
    if (!this.open) return;
    this.phase = 'closing';
    this.closing = { code, reason };
    this.number('close', Buffer.from(JSON.stringify(this.closing)));
  }

  terminate(): void {
    this.close(CLOSE_CODES.ABNORMAL.code);
  }

  receive(receiver: SocketReceiver): void {
    this.begin(receiver);
  }

  /** Whether the peer of its socket is to be told how many of its messages were passed on. */
  get counts(): boolean {
    return this.joined !== undefined;
  }

  /**
   * Connects this end with a socket: what comes on either goes to the other.
   *
   * @param counts whether its peer is to be told how many of its messages were passed on
   */
  join(socket: ChannelSocket, counts = false): void {
    this.isJoined = true;
    const joined = { socket, messages: 0, isLeaving: false };
    if (counts) this.joined = joined;
    this.begin({
      message: (text, isBinary, taken) => (isBinary ? taken() : socket.send(text, taken)),
      closed: (code, reason) => (code === CLOSE_CODES.ABNORMAL.code ? socket.terminate() : socket.close(code, reason)),
    });
    socket.receive({
      message: (text, isBinary) => {
        if (joined.isLeaving) return;
        joined.messages++;
        if (isBinary) this.sendBinary();
        else this.send(text);
      },
      closed: (code, reason) => this.close(code, reason),
    });
  }

  /** This node stops: nothing more is passed on, and once the other end has what was, the peer of the socket is told to come again. */
  async leave(clock: Clock): Promise<void> {
    const { joined } = this;
    if (!joined) return;
    joined.isLeaving = true;
    const until = clock.elapsed() + LEAVE_MS;
    while (this.kept.length > 0 && this.open && clock.elapsed() < until) await sleep(clock, LOOK_AGAIN_MS);
    joined.socket.close(CLOSE_CODES.RESTART.code, messagesReadReason(RESTART_REASON, joined.messages));
  }

  /** A packet of the other end. */
  take(packet: Packet): void {
    if (this.phase === 'ended') return;
    this.quiet = 0;
    this.hear(packet);
    switch (packet.kind) {
      case 'acknowledge':
        break;
      case 'ask':
        this.say('state');
        this.sendAgain();
        break;
      case 'state':
        this.sendAgain();
        break;
      case 'gone':
        this.end(this.phase === 'closing' ? this.closing : { code: CLOSE_CODES.RESTART.code, reason: BROKEN });
        break;
      default:
        this.read(packet);
    }
    if (this.phase === 'closing' && this.kept.length === 0) this.end(this.closing);
  }

  /** The bus was away: either end may miss something. */
  ask(): void {
    this.say('ask');
  }

  /**
   * Now and then: asks where nothing has moved since the last look, because the last packet of all may be lost like any other, and where
   * nothing has come for long: that the other end is gone may be lost, too.
   */
  look(): void {
    const [first] = this.kept;
    const oldest = first?.seq ?? this.untaken[0]?.seq ?? 0;
    const isQuiet = ++this.quiet > this.limits.quietLooks;
    if (isQuiet) this.quiet = 0;
    if (isQuiet || (oldest > 0 && oldest === this.seen)) this.ask();
    this.seen = oldest;
  }

  acknowledge(): void {
    this.say('acknowledge');
  }

  /** The other node is gone, or too much waits for it. */
  break(): void {
    if (this.phase === 'ended') return;
    this.say('gone');
    this.end({ code: CLOSE_CODES.RESTART.code, reason: BROKEN });
  }

  private begin(receiver: TunnelReceiver): void {
    this.receiver = receiver;
    const { early } = this;
    this.early = [];
    for (const handOver of early) handOver(receiver);
  }

  private number(kind: PacketKind, body: Uint8Array): void {
    const kept = { seq: ++this.sent, kind, body };
    this.kept.push(kept);
    this.count(sizeOf(kept));
    this.publish(kept);
  }

  private count(bytes: number): void {
    this.keptBytes += bytes;
    this.outlets.kept(bytes);
  }

  private bound(): void {
    if (!this.outlets.mayKeep || this.keptBytes > this.limits.keptBytes) this.break();
  }

  private publish({ seq, kind, body }: Kept): void {
    const { id, received, taken } = this;
    this.outlets.publish({ id, kind, seq, received, taken, body });
    this.outlets.told(this);
  }

  private say(kind: PacketKind): void {
    this.publish({ seq: 0, kind, body: NOTHING });
  }

  private sendAgain(): void {
    for (const kept of this.kept) this.publish(kept);
  }

  /** What the other end says of itself; a packet that was overtaken says less than is known. */
  private hear({ received, taken }: Packet): void {
    const had = countWhile(this.kept, ({ seq }) => seq <= received);
    for (const kept of this.kept.splice(0, had)) this.count(-sizeOf(kept));
    const done = countWhile(this.untaken, ({ seq }) => seq <= taken);
    for (const { length, written } of this.untaken.splice(0, done)) {
      this.untakenLength -= length;
      written?.();
    }
  }

  private read({ seq, kind, body }: Packet): void {
    if (seq > this.received + 1) {
      if (!this.hasAsked) this.ask();
      this.hasAsked = true;
      return;
    }
    // What it has already is told again: the other end does not seem to know.
    if (seq === this.received + 1) {
      this.received = seq;
      this.hasAsked = false;
      this.carry(kind, body, seq);
    }
    this.outlets.owes(this, body.length);
  }

  private carry(kind: PacketKind, body: Uint8Array, seq: number): void {
    if (kind === 'part') {
      this.parts.push(body);
      return;
    }
    if (kind === 'close') {
      this.taken = seq;
      this.acknowledge();
      this.end(JSON.parse(Buffer.from(body).toString()) as { code: number; reason: string });
      return;
    }
    const text = Buffer.concat([...this.parts, body]).toString();
    this.parts = [];
    this.hand((receiver) => {
      const taken = (): void => this.took(seq);
      receiver.message(text, kind === 'binary', taken);
      if (!this.isJoined) taken();
    });
  }

  private took(seq: number): void {
    if (seq <= this.taken || this.phase === 'ended') return;
    this.taken = seq;
    this.outlets.owes(this, 0);
  }

  private end({ code, reason }: { code: number; reason: string }): void {
    if (this.phase === 'ended') return;
    this.phase = 'ended';
    this.kept = [];
    this.count(-this.keptBytes);
    const { untaken } = this;
    this.untaken = [];
    this.untakenLength = 0;
    this.outlets.ended(this);
    for (const { written } of untaken) written?.();
    this.hand((receiver) => receiver.closed(code, reason));
  }

  private hand(event: (receiver: TunnelReceiver) => void): void {
    if (this.receiver) event(this.receiver);
    else this.early.push(event);
  }
}

function sizeOf({ body }: Kept): number {
  return PACKET_BYTES + body.length;
}

function countWhile<T>(list: readonly T[], holds: (item: T) => boolean): number {
  const end = list.findIndex((item) => !holds(item));
  return end < 0 ? list.length : end;
}

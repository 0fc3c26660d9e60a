/** A packet is preceded by its length. */
const LENGTH_BYTES = 4;

interface Batch {
  readonly packets: Uint8Array[];
  bytes: number;
}

/** Packets for the same node that are said in one breath, in one message: each message costs both nodes and NATS more than its bytes do. */
export class PacketBatches {
  private readonly leaving = new Map<string, Batch>();

  /**
   * @param maxBytes of one message; a larger packet goes alone
   * @param publish sends a message to a node
   */
  constructor(
    private readonly maxBytes: number,
    private readonly publish: (node: string, message: Uint8Array) => void,
  ) {}

  /** Leaves at the end of this turn, in the order in which packets were added. */
  add(node: string, packet: Uint8Array): void {
    const size = LENGTH_BYTES + packet.length;
    const begun = this.leaving.get(node);
    if (begun && begun.bytes + size > this.maxBytes) this.leave(node, begun);
    const batch = this.leaving.get(node) ?? this.begin(node);
    batch.packets.push(packet);
    batch.bytes += size;
  }

  private begin(node: string): Batch {
    const batch: Batch = { packets: [], bytes: 0 };
    this.leaving.set(node, batch);
    queueMicrotask(() => this.leave(node, batch));
    return batch;
  }

  private leave(node: string, batch: Batch): void {
    // It was full, and left before.
    if (this.leaving.get(node) !== batch) return;
    this.leaving.delete(node);
    const message = Buffer.allocUnsafe(batch.bytes);
    let at = 0;
    for (const packet of batch.packets) {
      at = message.writeUInt32BE(packet.length, at);
      message.set(packet, at);
      at += packet.length;
    }
    this.publish(node, message);
  }
}

/** The packets of a message; what is cut off is none. */
export function* packetsIn(message: Uint8Array): Generator<Uint8Array> {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  for (let at = 0; at + LENGTH_BYTES <= bytes.length;) {
    const end = at + LENGTH_BYTES + bytes.readUInt32BE(at);
    if (end > bytes.length) return;
    yield bytes.subarray(at + LENGTH_BYTES, end);
    at = end;
  }
}

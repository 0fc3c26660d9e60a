import { describe, expect, it } from 'vitest';
import { settle } from '../../../../../test/kit/manual-clock.js';
import { PacketBatches, packetsIn } from './packet-batches.js';

class Sent {
  readonly messages: { readonly node: string; readonly packets: string[] }[] = [];
  readonly batches = new PacketBatches(64 * 1024, (node, message) => {
    this.messages.push({ node, packets: [...packetsIn(message)].map((packet) => Buffer.from(packet).toString()) });
  });

  add(node: string, ...packets: string[]): void {
    for (const packet of packets) this.batches.add(node, Buffer.from(packet));
  }
}

describe('packets between nodes', () => {
  it('leave in one message for each node when they are said in one breath', async () => {
    const sent = new Sent();
    sent.add('one', 'a', '');
    sent.add('two', 'b');
    sent.add('one', 'é');
    expect(sent.messages).toEqual([]);
    await settle();
    sent.add('one', 'later');
    await settle();
    expect(sent.messages).toEqual([
      { node: 'one', packets: ['a', '', 'é'] },
      { node: 'two', packets: ['b'] },
      { node: 'one', packets: ['later'] },
    ]);
  });

  it('leave in order, and before there are too many for one message', async () => {
    const sent = new Sent();
    const large = 'x'.repeat(40_000);
    const larger = 'y'.repeat(100_000);
    sent.add('one', 'a', large, large, larger, 'b');
    await settle();
    expect(sent.messages.map(({ packets }) => packets)).toEqual([['a', large], [large], [larger], ['b']]);
  });

  it('are none where a message is cut off', () => {
    const message = Buffer.from([0, 0, 0, 1, 65, 0, 0, 0, 9, 66]);
    expect([...packetsIn(message)].map((packet) => Buffer.from(packet).toString())).toEqual(['A']);
    expect([...packetsIn(Buffer.from([0, 0]))]).toEqual([]);
  });
});

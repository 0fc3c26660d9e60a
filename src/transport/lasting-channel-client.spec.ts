import { describe, expect, it } from 'vitest';
import { ChannelFullError } from './channel-client.js';
import { LastingChannelClient } from './lasting-channel-client.js';
import { LinkPhases } from './link-phases.js';

const MAX_PENDING = 200;
const MAX_RESENT = 3;
const frame = (n: number) => ({ type: 'x', n });
const SIZE = JSON.stringify(frame(1)).length;

function start() {
  const givenUp: number[] = [];
  const count = (frames: number): void => void givenUp.push(frames);
  const client = new LastingChannelClient('control', new LinkPhases(), MAX_PENDING, MAX_RESENT, count);
  const take = () => {
    const taken = client.next();
    return { n: taken && (JSON.parse(taken.text) as { n: number }).n, confirmed: () => taken?.confirmed?.() };
  };
  return { client, take, givenUp };
}

describe('LastingChannelClient', () => {
  it('refuses what is beyond its bound, and has room again when the peer has read', () => {
    const { client, take } = start();
    const fits = Math.floor(MAX_PENDING / SIZE);
    for (let n = 0; n < fits; n++) client.send(frame(1));
    expect(() => client.send(frame(1))).toThrow(ChannelFullError);
    const sent = take();
    expect(() => client.send(frame(1))).toThrow(ChannelFullError);
    sent.confirmed();
    sent.confirmed();
    client.send(frame(1));
    expect(() => client.send(frame(1))).toThrow(ChannelFullError);
  });

  it('sends again what was not confirmed, before what was never sent', () => {
    const { client, take } = start();
    for (const n of [1, 2, 3, 4]) client.send(frame(n));
    take().confirmed();
    take();
    take();
    client.linkDown(false);
    expect([take().n, take().n, take().n, take().n]).toEqual([2, 3, 4, undefined]);
    expect(client.settled).toBe(false);
  });

  it('gives up the oldest of too many, says how many, and has their room again', () => {
    const { client, take, givenUp } = start();
    for (const n of [1, 2, 3, 4, 5]) client.send(frame(n));
    for (let i = 0; i < 5; i++) take();
    client.linkDown(false);
    expect(givenUp).toEqual([2]);
    const again = [take(), take(), take()];
    expect(again.map(({ n }) => n)).toEqual([3, 4, 5]);
    for (const { confirmed } of again) confirmed();
    expect(client.settled).toBe(true);
    for (let n = 0; n < Math.floor(MAX_PENDING / SIZE); n++) client.send(frame(1));
  });
});

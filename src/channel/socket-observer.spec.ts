import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import { ChannelSender } from './channel-sender.js';
import { typeOfText } from './socket-observer.js';

describe('typeOfText', () => {
  it.each([
    ['{"type":"ping"}', 'ping'],
    ['{"seq":7,"type":"stream_delta","delta":{"type":"inner"}}', 'stream_delta'],
    ['{ "type" : "ack", "seq": 1 }', 'ack'],
    ['{"delta":{"type":"inner"},"type":"outer"}', 'outer'],
    [String.raw`{"type":"p\u0069ng"}`, 'ping'],
    ['{"delta":{}}', undefined],
    ['{"type":7}', undefined],
    ['[1]', undefined],
    ['null', undefined],
    ['not json', undefined],
  ])('of %s is %s', (text, type) => {
    expect(typeOfText(text)).toBe(type);
  });
});

describe('ChannelSender', () => {
  it('tells what is in flight, and nothing once its socket is closed', async () => {
    let inFlight = 0;
    const socket = {
      open: true,
      bufferedAmount: 0,
      send: () => {},
      close: () => {},
      terminate: () => {},
      receive: () => {},
    };
    const sender = new ChannelSender(socket, new ManualClock(), {
      bufferBound: 1_000,
      numbered: false,
      inFlightChanged: (bytes) => (inFlight += bytes),
    });
    const texts = ['{"a":1}', '{"b":22}', '{"c":333}'];
    sender.attach({
      next: () => {
        const text = texts.shift();
        return text === undefined ? undefined : { text };
      },
    });
    await Promise.resolve();
    expect(inFlight).toBe(24);
    sender.confirmThrough(1);
    expect(inFlight).toBe(17);
    sender.end();
    expect(inFlight).toBe(0);
    expect(sender.giveUpLargest()).toBe(9);
    sender.end();
    expect(inFlight).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { FakeDeviceLink } from '../../../test/kit/routing-bench.js';
import { DeviceOutbox } from './device-outbox.js';
import type { Guard } from './guard.js';

const LIMITS = { commandWaitMs: 120_000, waitingCommandBytes: 30 };

function bench() {
  const clock = new ManualClock();
  const refused: string[] = [];
  const guard: Guard = (_doing, run) => {
    try {
      run();
    } catch {
      refused.push('guarded');
    }
  };
  const outbox = new DeviceOutbox(clock, LIMITS, guard);
  const send = (name: string): void =>
    outbox.send({ frame: { type: name }, bytes: 10, refused: (code) => refused.push(`${name} ${code}`) });
  return { clock, outbox, refused, send };
}

const types = (link: FakeDeviceLink): string[] => link.sent.map(({ type }) => type);

describe('DeviceOutbox', () => {
  it('keeps commands until a link is ready, in order', () => {
    const { outbox, send } = bench();
    const link = new FakeDeviceLink(true);
    send('a');
    send('b');
    outbox.ready(link);
    send('c');
    expect(types(link)).toEqual(['a', 'b', 'c']);
  });

  it('refuses what waits when the device is marked offline, and what comes after, until it is back', () => {
    const { outbox, refused, send } = bench();
    const link = new FakeDeviceLink(true);
    send('a');
    outbox.offline();
    send('b');
    outbox.ready(link);
    send('c');
    expect(refused).toEqual(['a DEVICE_OFFLINE', 'b DEVICE_OFFLINE']);
    expect(types(link)).toEqual(['c']);
  });

  it('does not let a command wait for ever', async () => {
    const { clock, refused, send } = bench();
    send('a');
    await clock.advance(LIMITS.commandWaitMs);
    expect(refused).toEqual(['a DEVICE_OFFLINE']);
  });

  it('is bounded', () => {
    const { refused, send } = bench();
    for (const name of ['a', 'b', 'c', 'd']) send(name);
    expect(refused).toEqual(['d TOO_MANY']);
  });

  it('keeps the rest when the link breaks while it sends', () => {
    const { outbox, send } = bench();
    const [broken, next] = [new FakeDeviceLink(true), new FakeDeviceLink(true)];
    broken.send = () => void outbox.closed(broken);
    send('a');
    send('b');
    outbox.ready(broken);
    outbox.ready(next);
    expect(types(next)).toEqual(['b']);
  });

  it('tells when sending failed', () => {
    const { outbox, refused, send } = bench();
    const link = new FakeDeviceLink(true);
    link.send = () => {
      throw new Error('broken');
    };
    outbox.ready(link);
    send('a');
    expect(refused).toEqual(['guarded', 'a OUTCOME_UNKNOWN']);
  });
});

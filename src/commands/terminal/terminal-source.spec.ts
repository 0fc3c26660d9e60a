import { expect, it } from 'vitest';
import { FakePty } from '../../../test/kit/fake-pty.js';
import { ManualClock, settle } from '../../../test/kit/manual-clock.js';
import { SteppedSocket } from '../../../test/kit/stepped-socket.js';
import { ChannelSender, type FrameSource } from '../../channel/index.js';
import { DeviceTerminal } from './device-terminal.js';
import { TerminalOptions } from './terminal.options.js';
import { TerminalSource } from './terminal-source.js';

const SMALL_EVENT = '{"type":"stream_delta","n":1}';

it('C18 a terminal that prints without end is at most one frame ahead of an event, and another one gets as much', async () => {
  const clock = new ManualClock();
  const options = new TerminalOptions();
  const [near, far] = SteppedSocket.pair();
  const sender = new ChannelSender(near, clock, { bufferBound: 1, numbered: false });
  const received: string[] = [];
  far.receive({ message: (text) => void received.push(text), closed: () => {} });
  const request = { file: 'yes', args: [], cwd: '/', env: {}, cols: 80, rows: 24 };
  for (const id of ['a', 'b']) {
    const pty = new FakePty(request);
    const terminal = new DeviceTerminal(id, pty, clock, options, { changed: () => {}, done: () => {} });
    while (!pty.isPaused) pty.prints('y\r\n'.repeat(20_000));
    const { frameBytes } = options;
    sender.attach(new TerminalSource(terminal, { resumable: true, frameBytes, maxFrameBytes: 8 * 1024 * 1024 }));
  }
  const step = async (): Promise<void> => {
    await settle();
    far.deliver(1);
    await settle();
  };
  const events: string[] = [];
  const source: FrameSource = { next: () => (events.length > 0 ? { text: events.pop() ?? '' } : undefined) };
  sender.attach(source);
  for (let i = 0; i < 10; i++) {
    await step();
    events.push(SMALL_EVENT);
    sender.wake();
    const before = received.length;
    while (received.at(-1) !== SMALL_EVENT || received.length === before) await step();
    // The frame that was on its way, and one that was taken before the event came.
    expect(received.length - before).toBeLessThanOrEqual(3);
  }
  const bytesOf = (id: string) => received.filter((text) => text.includes(`"${id}"`)).join('').length;
  expect(Math.abs(bytesOf('a') - bytesOf('b'))).toBeLessThan(2 * options.frameBytes);
});

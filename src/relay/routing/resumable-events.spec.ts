import { Logger } from '@nestjs/common';
import * as fc from 'fast-check';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FakeDeviceLink, RoutingBench } from '../../../test/kit/routing-bench.js';
import { SILENT } from '../../../test/kit/silent-logger.js';
import { FrameError, type Frame } from '../../protocol/index.js';
import { RoutingOptions } from './routing.options.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };

beforeAll(() => Logger.overrideLogger(SILENT));

let bench: RoutingBench;
beforeEach(() => {
  bench = new RoutingBench();
});

function event(name: string, fields: object = { type: 'stream_delta' }): Frame {
  const [event_epoch, seq] = name.split(':');
  return { type: 'stream_delta', ...fields, runtime: RUNTIME, event_epoch, event_seq: Number(seq) };
}

/** `epoch:first-head` for each epoch. */
function journals(...epochs: readonly string[]): Frame {
  const heads = epochs.map((text) => {
    const [event_epoch, first, head] = text.split(/[:-]/);
    return { runtime: RUNTIME, event_epoch, first: Number(first), head: Number(head) };
  });
  return { type: 'journals', heads, last: true };
}

const rewinds = (link: FakeDeviceLink): string[] =>
  link.rewinds.map(({ event_epoch, event_seq }) => `${event_epoch}:${event_seq}`);

describe('events on a resumable link', () => {
  it('are appended once and in order; a number beyond the next is asked for again', async () => {
    const link = bench.connect(FakeDeviceLink.resumable());
    const client = await bench.attach({ runtime: RUNTIME });
    for (const name of ['e:1', 'e:2', 'e:2', 'e:5', 'e:6', 'e:3', 'e:4', 'e:5', 'e:6', 'e:1'])
      await bench.deliver(link, event(name));
    await bench.settled();
    expect(client.names()).toEqual(['e:1', 'e:2', 'e:3', 'e:4', 'e:5', 'e:6']);
    expect(rewinds(link)).toEqual(['e:2']);
    expect(bench.drops).toEqual(['known-event', 'known-event']);
  });

  it('are not the relay’s to keep before the rewind is on its way that makes them come again', async () => {
    const link = bench.connect(FakeDeviceLink.resumable());
    let taken = (): void => {};
    link.rewind = () => new Promise((resolve) => (taken = resolve));
    const safe: string[] = [];
    for (const name of ['e:1', 'e:3', 'e:4']) void bench.deliver(link, event(name)).then(() => safe.push(name));
    await bench.settled();
    expect(safe).toEqual(['e:1']);
    taken();
    await bench.settled();
    expect(safe).toEqual(['e:1', 'e:3', 'e:4']);
  });

  it('begin with what the device announces: it is asked for what is missing here, the oldest first', async () => {
    const link = bench.connect(FakeDeviceLink.resumable());
    const client = await bench.attach({ runtime: RUNTIME, resume: { seq: 0, epoch: undefined } });
    await bench.deliver(link, journals('a:3-4', 'b:5-5'));
    for (const name of ['b:6', 'a:3', 'a:4', 'b:5', 'b:6']) await bench.deliver(link, event(name));
    await bench.settled();
    expect(rewinds(link)).toEqual(['a:2']);
    expect(client.names()).toEqual(['a:3', 'a:4', 'b:5', 'b:6']);
  });

  it('that the device no longer keeps are a hole that is told', async () => {
    const link = bench.connect(FakeDeviceLink.resumable());
    const client = await bench.attach({ runtime: RUNTIME });
    await bench.deliver(link, event('a:1'));
    await bench.deliver(link, { type: 'journal_gap', runtime: RUNTIME, event_epoch: 'a', from: 1, to: 4 });
    await bench.deliver(link, event('a:5'));
    await bench.settled();
    expect(client.names()).toEqual(['a:1', 'gap 2-4', 'a:5']);
  });

  it('C29 that cannot be taken are a hole, and the link goes on', async () => {
    const link = bench.connect(FakeDeviceLink.resumable());
    const client = await bench.attach({ runtime: RUNTIME });
    await bench.deliver(link, event('a:1'));
    const refused = new FrameError('TOO_DEEP', 'too deep', {}, event('a:2'));
    await bench.routing.deviceRefused('env-1', link, 'stream', refused);
    await bench.deliver(link, event('a:3'));
    await bench.settled();
    expect(client.names()).toEqual(['a:1', 'gap 2-2', 'a:3']);
    expect(rewinds(link)).toEqual([]);
  });

  it('that name no place are dropped, and frames that are no events are routed', async () => {
    const link = bench.connect(FakeDeviceLink.resumable());
    const client = await bench.attach({ runtime: RUNTIME });
    await bench.deliver(link, { type: 'stream_delta', runtime: RUNTIME, event_seq: 4 });
    await bench.deliver(link, { type: 'notice' });
    await bench.settled();
    expect(bench.drops).toEqual(['unreadable']);
    expect(client.of('notice')).toHaveLength(1);
  });

  it('come once each, in order, whatever the links lose and however often they begin again', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.constant('emit' as const) },
      { weight: 4, arbitrary: fc.constant('send' as const) },
      { weight: 1, arbitrary: fc.constant('lose' as const) },
      { weight: 1, arbitrary: fc.constant('repeat' as const) },
      { weight: 1, arbitrary: fc.constant('reconnect' as const) },
      { weight: 1, arbitrary: fc.constant('restart' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const own = new RoutingBench();
        const device = new ScriptedJournal(own);
        await device.reconnect();
        const client = await own.attach({ runtime: RUNTIME });
        for (const step of steps) await device[step]();
        await device.reconnect();
        await device.sendAll();
        await own.settled();
        expect(client.names()).toEqual(device.emitted);
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});

/** A device's journal, and where it is in sending it. */
class ScriptedJournal {
  readonly emitted: string[] = [];
  private epoch = 1;
  private next = 0;
  private rewound = 0;
  private link: FakeDeviceLink;

  constructor(private readonly own: RoutingBench) {
    this.link = own.connect(FakeDeviceLink.resumable());
  }

  emit(): void {
    this.emitted.push(`e${this.epoch}:${this.emitted.length + 1}`);
  }

  async send(): Promise<void> {
    const name = this.emitted[this.next];
    if (name === undefined) return;
    this.next++;
    await this.own.deliver(this.link, event(name));
    this.obey();
  }

  /** The link breaks with a frame in flight, which the device takes for read. */
  async lose(): Promise<void> {
    this.next = Math.min(this.emitted.length, this.next + 1);
    await this.reconnect();
  }

  async repeat(): Promise<void> {
    this.next = Math.max(0, this.next - 3);
    await this.send();
  }

  async reconnect(): Promise<void> {
    this.own.disconnect(this.link);
    this.link = this.own.connect(FakeDeviceLink.resumable(`process-${this.epoch}`));
    this.rewound = 0;
    const heads = new Map<string, { first: number; head: number }>();
    for (const [index, name] of this.emitted.entries()) {
      const epoch = name.slice(0, name.indexOf(':'));
      heads.set(epoch, { first: heads.get(epoch)?.first ?? index + 1, head: index + 1 });
    }
    await this.own.deliver(
      this.link,
      journals(...[...heads].map(([epoch, { first, head }]) => `${epoch}:${first}-${head}`)),
    );
    this.obey();
  }

  async restart(): Promise<void> {
    this.epoch++;
    await this.reconnect();
  }

  async sendAll(): Promise<void> {
    while (this.next < this.emitted.length) await this.send();
  }

  private obey(): void {
    for (const { event_seq } of this.link.rewinds.slice(this.rewound)) this.next = event_seq;
    this.rewound = this.link.rewinds.length;
  }
}

describe('the verdict on a client that resumes', () => {
  const resumeFrom = (name: string): { seq: number; epoch: string } => {
    const [epoch = '', seq] = name.split(':');
    return { epoch, seq: Number(seq) };
  };

  it('waits for the journals where the epoch is not known, and nothing is sent before it', async () => {
    const client = await bench.attach({ runtime: RUNTIME, resume: resumeFrom('a:2'), channel: undefined });
    const link = bench.connect(FakeDeviceLink.resumable());
    client.send({ type: 'read_file', request_id: 'q' });
    await bench.settled();
    bench.answer(link, 'read_file', { type: 'read_file_response', runtime: RUNTIME });
    bench.emit(link, { type: 'notice', runtime: RUNTIME }, 'control');
    await bench.settled();
    expect(client.frames).toEqual([]);
    await bench.deliver(link, journals('a:1-4'));
    for (const name of ['a:1', 'a:2', 'a:3', 'a:4']) await bench.deliver(link, event(name));
    await bench.settled();
    expect(client.frames[0]).toMatchObject({
      type: 'resume_status',
      recovered: true,
      epoch: 'a',
      from: 2,
      head: 4,
      seq: 1,
    });
    expect(client.names()).toEqual(['a:3', 'a:4']);
    expect(client.of('read_file_response')).toHaveLength(1);
    expect(client.of('notice')).toHaveLength(1);
  });

  it('comes after a while where the device does not', async () => {
    const client = await bench.attach({ runtime: RUNTIME, resume: resumeFrom('a:6') });
    await bench.clock.advance(new RoutingOptions().journalsWaitMs);
    await bench.settled();
    expect(client.frames).toMatchObject([{ type: 'resume_status', recovered: false, epoch: null, head: 0 }]);
    // What it brings once it is back follows what the client has.
    const link = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(link, journals('z:4-4', 'a:5-8', 'b:9-9'));
    for (const name of ['z:4', 'a:5', 'a:6', 'a:7', 'a:8', 'b:9']) await bench.deliver(link, event(name));
    await bench.settled();
    expect(client.names()).toEqual(['a:7', 'a:8', 'b:9']);
  });

  it('comes at once where the device turns out to be a plain one', async () => {
    const client = await bench.attach({ runtime: RUNTIME, resume: resumeFrom('a:2') });
    bench.connect(new FakeDeviceLink(true));
    await bench.settled();
    expect(client.frames).toMatchObject([{ type: 'resume_status', recovered: false }]);
  });

  it('C33 is that something is missing where neither side keeps it; the client goes on from the newest announced', async () => {
    const link = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(link, journals('a:5-7'));
    const client = await bench.attach({ runtime: RUNTIME, resume: resumeFrom('a:3') });
    for (const name of ['a:5', 'a:6', 'a:7', 'a:8']) await bench.deliver(link, event(name));
    await bench.settled();
    expect(client.frames[0]).toMatchObject({ recovered: false, epoch: 'a', from: 3, head: 7 });
    expect(client.names()).toEqual(['a:8']);
  });

  it('counts what is announced and not here: what comes again is sent to those who have not had it', async () => {
    const link = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(link, journals('a:1-4', 'b:5-6'));
    const at = (name: string | undefined) =>
      bench.attach({ runtime: RUNTIME, resume: name === undefined ? undefined : resumeFrom(name) });
    const [middle, later, beyond, fresh] = [await at('a:3'), await at('b:5'), await at('b:9'), await at(undefined)];
    for (const name of ['a:1', 'a:2', 'a:3', 'a:4', 'b:5', 'b:6', 'b:7', 'b:8', 'b:9', 'b:10'])
      await bench.deliver(link, event(name));
    await bench.settled();
    for (const client of [middle, later, beyond]) expect(client.frames[0]).toMatchObject({ recovered: true, head: 6 });
    expect(middle.names()).toEqual(['a:4', 'b:5', 'b:6', 'b:7', 'b:8', 'b:9', 'b:10']);
    expect(later.names()).toEqual(['b:6', 'b:7', 'b:8', 'b:9', 'b:10']);
    expect(beyond.names()).toEqual(['b:10']);
    expect(fresh.names()).toEqual(['b:7', 'b:8', 'b:9', 'b:10']);
  });

  it('leaves a client that follows without a break what an outage of the device kept from it', async () => {
    const first = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(first, journals());
    const client = await bench.attach({ runtime: RUNTIME });
    bench.disconnect(first);
    const second = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(second, journals('a:1-2'));
    for (const name of ['a:1', 'a:2']) await bench.deliver(second, event(name));
    await bench.settled();
    expect(client.names()).toEqual(['a:1', 'a:2']);
  });
});

describe('a client that begins while the device brings again what this relay has lost', () => {
  const status = (text: string): object => ({ type: 'update_loop_status', loop_status: { status: text } });
  const REFILL: readonly (readonly [name: string, fields: object])[] = [
    ['a:1', status('WAITING_ON_APPROVAL')],
    ['a:2', { type: 'control_request', request_id: 'over' }],
    ['a:3', { type: 'control_request_resolved', request_id: 'over', outcome: 'allow' }],
    ['a:4', { type: 'control_request', request_id: 'open' }],
  ];
  const refill = async (link: FakeDeviceLink): Promise<void> => {
    for (const [name, fields] of REFILL) await bench.deliver(link, event(name, fields));
  };

  it('C20 is not sent that, but is shown the state and the approvals that it ends with, once', async () => {
    const early = await bench.attach({ runtime: RUNTIME });
    const first = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(first, journals('a:1-4'));
    const late = await bench.attach({ runtime: RUNTIME });
    const lost = await bench.attach({ runtime: RUNTIME, resume: { epoch: 'x', seq: 3 } });
    const resumed = await bench.attach({ runtime: RUNTIME, resume: { epoch: 'a', seq: 4 } });
    // It breaks in between, and the device has gone on when it is back.
    await bench.deliver(first, event('a:1', status('WAITING_ON_APPROVAL')));
    bench.disconnect(first);
    const second = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(second, journals('a:1-5'));
    await refill(second);
    await bench.deliver(second, event('a:5'));
    await bench.deliver(second, journals('a:1-5'));
    await bench.settled();
    for (const client of [early, late, lost]) {
      expect(client.names()).toEqual(['a:5']);
      expect(client.of('control_request')).toMatchObject([{ request_id: 'open', replayed: true }]);
      expect(client.of('update_loop_status')).toMatchObject([{ replayed: true }]);
    }
    expect(resumed.frames.slice(1)).toMatchObject([{ type: 'stream_delta', event_seq: 5 }]);
  });

  it('by starting a runtime is not sent that either', async () => {
    const client = await bench.attach();
    const link = bench.connect(FakeDeviceLink.resumable());
    await bench.deliver(link, journals('a:1-4'));
    await bench.deliver(link, event('a:1', status('WAITING_ON_APPROVAL')));
    client.send({ type: 'runtime_start', request_id: 's', ...RUNTIME });
    await bench.settled();
    bench.answer(link, 'runtime_start', { type: 'runtime_start_response', success: true, runtime: RUNTIME });
    await refill(link);
    await bench.deliver(link, event('a:5'));
    await bench.settled();
    expect(client.names()).toEqual(['a:5']);
    expect(client.of('control_request')).toMatchObject([{ request_id: 'open', replayed: true }]);
  });
});

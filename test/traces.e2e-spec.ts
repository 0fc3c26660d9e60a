import { Injectable } from '@nestjs/common';
import { SpanStatusCode } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { DeviceCommand, type CommandContext } from '../src/index.js';
import type { Frame } from '../src/protocol/index.js';
import { RecordedSpans } from './kit/recorded-spans.js';
import { Twinlane } from './kit/twinlane.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';
const TRACEPARENT = `00-${TRACE}-${PARENT}-01`;

class EchoDto {}

/** Shows what came. */
@Injectable()
@DeviceCommand('echo_frame', EchoDto)
class EchoFrameCommand {
  static seen: Frame | undefined;

  handle(_command: EchoDto, { frame }: CommandContext): object {
    EchoFrameCommand.seen = frame;
    return {};
  }
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function attach() {
  const listener = { extend: { listener: { providers: [EchoFrameCommand] } } };
  const twinlane = await Twinlane.start({ listener });
  cleanups.push(() => twinlane.close());
  return twinlane.attach();
}

function record(): RecordedSpans {
  const recorded = new RecordedSpans();
  cleanups.push(recorded.register());
  return recorded;
}

describe('a command with a traceparent', () => {
  it('has a span at the relay and one at the listener, each the child of the one before', async () => {
    const { spans } = record();
    const attachment = await attach();
    const answer = await attachment.command('echo_frame', { traceparent: TRACEPARENT });
    const [route, execute] = spans;
    expect(spans.map(({ name, ends }) => [name, ends])).toEqual([
      ['route other', 1],
      ['execute other', 1],
    ]);
    expect(route).toMatchObject({ traceId: TRACE, parentId: PARENT, status: undefined });
    expect(execute).toMatchObject({ traceId: TRACE, parentId: route?.spanId, attributes: route?.attributes });
    expect(EchoFrameCommand.seen?.['traceparent']).toBe(`00-${TRACE}-${route?.spanId}-01`);
    expect(Object.keys(answer).toSorted()).toEqual(['request_id', 'success', 'type']);
  });

  it('whose answer is an error has spans that say so', async () => {
    const { spans } = record();
    const attachment = await attach();
    const fields = { path: '../x', traceparent: TRACEPARENT };
    await expect(attachment.command('read_file', fields)).rejects.toMatchObject({ code: 'PATH_REFUSED' });
    for (const { status, attributes } of spans)
      expect([status, attributes['error.type']]).toEqual([{ code: SpanStatusCode.ERROR }, 'PATH_REFUSED']);
    expect(spans).toHaveLength(2);
  });

  it('is passed through as it came where no provider is registered', async () => {
    const attachment = await attach();
    for (const traceparent of [TRACEPARENT, `01-${TRACE}-${PARENT}-01-more`]) {
      await attachment.command('echo_frame', { traceparent, tracestate: 'vendor=1' });
      expect(EchoFrameCommand.seen).toMatchObject({ traceparent, tracestate: 'vendor=1' });
    }
  });

  it('that is malformed, or without one, has its answer and no span', async () => {
    const { spans } = record();
    const attachment = await attach();
    const malformed = [
      undefined,
      null,
      7,
      {},
      '',
      'x'.repeat(100_000),
      `00-${'0'.repeat(32)}-${PARENT}-01`,
      `00-${TRACE}-${'0'.repeat(16)}-01`,
      `ff-${TRACE}-${PARENT}-01`,
      `${TRACEPARENT}-more`,
      TRACEPARENT.toUpperCase(),
      `${TRACEPARENT}\n`,
    ];
    for (const traceparent of malformed)
      expect(await attachment.command('echo_frame', { traceparent })).toMatchObject({ success: true });
    expect(spans).toEqual([]);
  });
});

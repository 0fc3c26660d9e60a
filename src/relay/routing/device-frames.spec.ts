import { beforeEach, describe, expect, it } from 'vitest';
import { FakeDeviceLink, RoutingBench, type BenchClient } from '../../../test/kit/routing-bench.js';

const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };

let bench: RoutingBench;
beforeEach(() => {
  bench = new RoutingBench();
});

async function ask(client: BenchClient, frame: object): Promise<void> {
  client.send(frame);
  await bench.settled();
}

describe('frames that are no events', () => {
  it('go to the control sockets, those of a runtime to its followers', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    const control = await bench.attach({ client: 'c', channel: 'control', runtime: RUNTIME });
    const stream = await bench.attach({ client: 'c', channel: 'stream', runtime: RUNTIME });
    const other = await bench.attach();
    bench.emit(link, { type: 'mods_updated' }, 'control');
    bench.emit(link, { type: 'never_heard_of', runtime: RUNTIME }, 'control');
    await bench.settled();
    expect(control.frames.map(({ type }) => type)).toEqual(['mods_updated', 'never_heard_of']);
    expect(stream.frames.map(({ type }) => type)).toEqual(['resume_status']);
    expect(other.frames.map(({ type }) => type)).toEqual(['resume_status', 'mods_updated']);
  });

  it('file_changed goes to who watches, file_ops to who edits too, and the last to leave unwatches', async () => {
    const link = bench.connect(new FakeDeviceLink(false));
    const [watcher, editor, other] = [
      await bench.attach(),
      await bench.attach(),
      await bench.attach({ client: undefined }),
    ];
    for (const client of [watcher, other]) await ask(client, { type: 'watch_file', request_id: 'w', path: '/x' });
    await ask(editor, { type: 'edit_file', request_id: 'e', file_path: '/x' });
    expect(watcher.of('watch_file_response')).toMatchObject([{ success: true }]);
    await ask(watcher, { type: 'unwatch_file', request_id: 'u', path: '/x' });
    expect(watcher.of('unwatch_file_response')).toMatchObject([{ success: true }]);
    bench.emit(link, { type: 'file_changed', path: '/x', lastModified: 1 }, 'control');
    bench.emit(link, { type: 'file_ops', path: '/x', ops: [] }, 'control');
    await bench.settled();
    expect([watcher, editor, other].map((client) => client.of('file_changed').length)).toEqual([0, 0, 1]);
    expect([watcher, editor, other].map((client) => client.of('file_ops').length)).toEqual([0, 1, 1]);
    expect(link.sent.some(({ type }) => type === 'unwatch_file')).toBe(false);
    other.socket.close(1000);
    await bench.settled();
    expect(link.command('unwatch_file')).toMatchObject({ path: '/x' });
  });

  it('a device that tells of a file nobody watches is told so', async () => {
    const link = bench.connect(new FakeDeviceLink(true));
    bench.emit(link, { type: 'file_changed', path: '/left', lastModified: 1 }, 'control');
    await bench.settled();
    expect(link.command('unwatch_file')).toMatchObject({ path: '/left' });
  });

  it('watches again on a new connection of a stock device', async () => {
    const link = bench.connect(new FakeDeviceLink(false));
    await ask(await bench.attach(), { type: 'watch_file', request_id: 'w', path: '/x' });
    bench.disconnect(link);
    expect(bench.connect(new FakeDeviceLink(false)).command('watch_file')).toMatchObject({ path: '/x' });
  });

  it('an external tool is called at the client that gave it last, or refused', async () => {
    const link = bench.connect(new FakeDeviceLink(false));
    const [a, b] = [await bench.attach(), await bench.attach({ client: undefined })];
    const call = { type: 'external_tool_call_request', request_id: 'tool-1', runtime: RUNTIME, tool_name: 't' };
    for (const client of [a, b])
      await ask(client, { type: 'runtime_external_tools_update', runtime: RUNTIME, external_tools: [{ name: 't' }] });
    bench.emit(link, call, 'control');
    await bench.settled();
    expect([a, b].map((client) => client.of(call.type).length)).toEqual([0, 1]);
    b.socket.close(1000);
    await bench.settled();
    bench.emit(link, { ...call, request_id: 'tool-2' }, 'control');
    expect(link.command('external_tool_call_response')).toMatchObject({
      request_id: 'tool-2',
      error_code: 'NO_TOOL_CLIENT',
    });
  });
});

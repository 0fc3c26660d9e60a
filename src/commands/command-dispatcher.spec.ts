import { afterEach, describe, expect, it } from 'vitest';
import { CommandBench, probing } from '../../test/kit/command-bench.js';
import { type DeviceRoomsSetup } from '../../test/kit/device-rooms.js';
import { settle } from '../../test/kit/manual-clock.js';
import { DEFAULT_MAX_FRAME_BYTES } from '../protocol/index.js';
import { CommandError } from './command.error.js';

let bench: CommandBench;
const start = async (setup: DeviceRoomsSetup = {}) => (bench = await CommandBench.start(setup));
afterEach(() => bench.rooms.close());

describe('one answer per request', () => {
  it('has the command’s answer type, its request_id and what the handler returned', async () => {
    await start();
    await bench.dispatch(probing({ request_id: 'r1', extra: { kept: true } }));
    expect(bench.probe.call(0).command).toMatchObject({ say: 'hello', extra: { kept: true } });
    bench.probe.call(0).resolve({ said: 'hello' });
    await settle();
    expect(bench.rooms.emitter.recorded).toEqual([
      { type: 'probe_response', request_id: 'r1', success: true, said: 'hello' },
    ]);
  });

  it('a command without request_id runs and is not answered', async () => {
    await start();
    await bench.dispatch(probing());
    bench.probe.call(0).resolve({});
    await bench.dispatch({ type: 'frobnicate' });
    await bench.dispatch({ type: 'probe' });
    expect(bench.rooms.emitter.recorded).toEqual([]);
  });

  it('C11 an unknown type is answered with its name', async () => {
    await start();
    expect(await bench.rooms.ask({ type: 'frobnicate', request_id: 'r1' })).toEqual({
      type: 'frobnicate_response',
      request_id: 'r1',
      success: false,
      error: expect.stringContaining('"frobnicate"'),
      error_code: 'COMMAND_UNKNOWN',
    });
  });

  it.each([
    [{ type: 'probe', inner: { count: 1 } }, ['say must be a string', 'got nothing']],
    [{ type: 'probe', say: 5, inner: { count: 1 } }, ['say', 'got 5']],
    [{ type: 'probe', say: 'x' }, ['inner']],
    [{ type: 'probe', say: 'x', inner: 'y' }, ['inner']],
    [{ type: 'probe', say: 'x', inner: { count: '1' } }, ['inner.count', 'got "1"']],
    [{ type: 'probe', say: 'x', inner: {}, times: true }, ['inner.count', 'times']],
  ])('C11 %j is answered with the fields that are missing or wrong', async (frame, names) => {
    await start();
    const answer = await bench.rooms.ask(frame);
    expect(answer).toMatchObject({ type: 'probe_response', success: false, error_code: 'COMMAND_INVALID' });
    for (const name of names) expect(answer['error']).toContain(name);
    expect(bench.probe.calls).toEqual([]);
  });

  it('C11 values that look like classes are refused, not run', async () => {
    await start();
    const answer = await bench.rooms.ask(
      probing({ extra: JSON.parse('{"constructor":"x","__proto__":{"a":1}}') as object }),
    );
    expect(answer['error_code']).toBe('COMMAND_INVALID');
  });

  it('null stands for a field that is left out', async () => {
    await start();
    await bench.dispatch(probing({ times: null }));
    expect(bench.probe.call(0).command.times).toBeUndefined();
  });

  it.each([
    [new CommandError('NO_TOOL_CLIENT'), 'NO_TOOL_CLIENT', 'No client offers this tool.'],
    [new Error('no luck'), 'COMMAND_FAILED', 'no luck'],
    ['just text', 'COMMAND_FAILED', 'just text'],
  ])('a handler that throws %s answers with %s', async (error, code, message) => {
    await start();
    await bench.dispatch(probing({ request_id: 'r1' }));
    bench.probe.call(0).reject(error);
    expect(await bench.rooms.emitter.untilAnswer('r1')).toMatchObject({
      success: false,
      error_code: code,
      error: message,
    });
  });

  it('a handler that overruns its deadline is answered for, and its late result dropped', async () => {
    await start();
    await bench.dispatch(probing({ request_id: 'r1' }));
    await bench.clock.advance(60_000);
    expect(bench.rooms.emitter.answers('r1')).toEqual([expect.objectContaining({ error_code: 'COMMAND_TIMEOUT' })]);
    expect(bench.probe.call(0).context.signal.aborted).toBe(true);
    bench.probe.call(0).resolve({ late: true });
    await settle();
    expect(bench.rooms.emitter.recorded.length).toBe(1);
  });

  it('an answer that no frame can hold becomes an error that says so', async () => {
    await start();
    await bench.dispatch(probing({ request_id: 'r1' }));
    bench.probe.call(0).resolve({ said: 'é'.repeat(DEFAULT_MAX_FRAME_BYTES / 2) });
    await settle();
    expect(bench.rooms.emitter.recorded).toMatchObject([
      { type: 'probe_response', request_id: 'r1', success: false, error_code: 'ANSWER_TOO_LARGE' },
    ]);
  });

  it('an answer of a client is no command, and not answered', async () => {
    await start();
    await bench.dispatch({ type: 'external_tool_call_response', request_id: 'r1' });
    expect(bench.rooms.emitter.recorded).toEqual([]);
  });

  it('a handler may have a deadline of its own', async () => {
    await start();
    await bench.dispatch(probing({ type: 'slow_probe', request_id: 'r1' }));
    await bench.clock.advance(60_000);
    expect(bench.rooms.emitter.recorded).toEqual([]);
    await bench.clock.advance(30_000);
    expect(bench.rooms.emitter.answers('r1')).toEqual([expect.objectContaining({ error_code: 'COMMAND_TIMEOUT' })]);
  });

  it('runs what shall follow the answer after it, and only after success', async () => {
    await start();
    await bench.dispatch(probing({ request_id: 'r1' }));
    const { context, resolve } = bench.probe.call(0);
    context.afterAnswer(() => bench.rooms.emitter.send({ type: 'after' }));
    resolve({});
    await settle();
    await bench.dispatch(probing({ request_id: 'r2' }));
    bench.probe.call(1).context.afterAnswer(() => bench.rooms.emitter.send({ type: 'never' }));
    bench.probe.call(1).reject(new Error('no'));
    await settle();
    expect(bench.rooms.emitter.recorded.map(({ type }) => type)).toEqual(['probe_response', 'after', 'probe_response']);
  });

  it('commands that nobody answers stay unanswered, also when they are wrong', async () => {
    await start();
    await bench.dispatch(probing({ type: 'terminal_input', request_id: 'r1' }));
    await bench.dispatch({ type: 'terminal_input', request_id: 'r2' });
    await bench.dispatch({ type: 'terminal_kill', request_id: 'r3' });
    expect(bench.rooms.emitter.recorded).toEqual([]);
  });

  it('a terminal that this device cannot open has exited at once', async () => {
    await start();
    await bench.dispatch({ type: 'terminal_spawn', terminal_id: 't1', cols: 80, rows: 24 });
    expect(bench.rooms.emitter.recorded).toMatchObject([
      { type: 'terminal_exited', terminal_id: 't1', error: expect.stringContaining('terminal_spawn') },
    ]);
  });

  it('an emitter that cannot take the answer does not stop the next command', async () => {
    await start();
    const send = bench.rooms.emitter.send.bind(bench.rooms.emitter);
    bench.rooms.emitter.send = () => {
      throw new Error('full');
    };
    await bench.dispatch({ type: 'frobnicate', request_id: 'r1' });
    bench.rooms.emitter.send = send;
    expect(await bench.rooms.ask({ type: 'frobnicate', request_id: 'r2' })).toMatchObject({ success: false });
  });
});

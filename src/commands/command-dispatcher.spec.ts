import { Type } from 'class-transformer';
import { IsInt, IsObject, IsString, ValidateNested } from 'class-validator';
import { afterEach, describe, expect, it } from 'vitest';
import { type DeviceRooms, type DeviceRoomsSetup, startDeviceRooms } from '../../test/kit/device-rooms.js';
import { ManualClock, settle } from '../../test/kit/manual-clock.js';
import { DEFAULT_MAX_FRAME_BYTES, type Frame, type Runtime } from '../protocol/index.js';
import type { LinkMonitor } from '../transport/index.js';
import { CommandError } from './command.error.js';
import { DuplicateCommandError } from './command.explorer.js';
import type { CommandContext, DeviceCommandOf } from './device-command.js';
import { DeviceCommand } from './device-command.decorator.js';
import { IsOmittable } from './omittable.decorator.js';
import { ReadFileCommand } from './filesystem/read-file.command.js';

class InnerDto {
  @IsInt()
  count!: number;
}

class ProbeDto {
  @IsString()
  say!: string;

  @IsOmittable()
  @IsInt()
  times?: number;

  @IsObject()
  @ValidateNested()
  @Type(() => InnerDto)
  inner!: InnerDto;
}

/** Answers when told to, and keeps what it was asked. */
@DeviceCommand('probe', ProbeDto)
class ProbeCommand implements DeviceCommandOf<ProbeDto> {
  readonly calls: {
    command: ProbeDto;
    context: CommandContext;
    resolve: (fields: object) => void;
    reject: (error: unknown) => void;
  }[] = [];

  handle(command: ProbeDto, context: CommandContext): Promise<object> {
    return new Promise((resolve, reject) => this.calls.push({ command, context, resolve, reject }));
  }

  call(n: number) {
    const call = this.calls[n];
    if (!call) throw new Error(`There is no call ${n}.`);
    return call;
  }
}

@DeviceCommand('slow_probe', ProbeDto, { deadlineMs: 90_000 })
class SlowProbeCommand extends ProbeCommand {}

@DeviceCommand('lasting_probe', ProbeDto, { holdsRuntime: false })
class LastingProbeCommand extends ProbeCommand {}

@DeviceCommand('reading_probe', ProbeDto, { access: 'read' })
class ReadingProbeCommand extends ProbeCommand {}

@DeviceCommand('terminal_input', ProbeDto)
class SilentCommand extends ProbeCommand {}

@DeviceCommand('read_file', ProbeDto)
class OtherReadFile extends ProbeCommand {}

const RESUMABLE: LinkMonitor = {
  current: { phase: 'ready', connectionId: 'conn-1', link: { kind: 'split', resumable: true } },
  async *states() {},
};
let rooms: DeviceRooms;
let probe: ProbeCommand;
let silent: SilentCommand;
let reading: ReadingProbeCommand;
let clock: ManualClock;
const start = async (setup: DeviceRoomsSetup = {}) => {
  clock = new ManualClock();
  probe = new ProbeCommand();
  silent = new SilentCommand();
  reading = new ReadingProbeCommand();
  rooms = await startDeviceRooms({
    clock,
    ...setup,
    providers: [
      { provide: ProbeCommand, useValue: probe },
      SlowProbeCommand,
      { provide: SilentCommand, useValue: silent },
      { provide: ReadingProbeCommand, useValue: reading },
      LastingProbeCommand,
      ...(setup.providers ?? []),
    ],
  });
};
afterEach(() => rooms.close());

const runtime = (conversation_id: string): Runtime => ({ agent_id: null, conversation_id });
const probing = (fields: object = {}): Frame => ({ type: 'probe', say: 'hello', inner: { count: 1 }, ...fields });
const dispatch = async (frame: Frame) => {
  rooms.dispatcher.dispatch(frame);
  await settle();
};

describe('one answer per request', () => {
  it('has the command’s answer type, its request_id and what the handler returned', async () => {
    await start();
    await dispatch(probing({ request_id: 'r1', extra: { kept: true } }));
    expect(probe.call(0).command).toMatchObject({ say: 'hello', extra: { kept: true } });
    probe.call(0).resolve({ said: 'hello' });
    await settle();
    expect(rooms.emitter.recorded).toEqual([
      { type: 'probe_response', request_id: 'r1', success: true, said: 'hello' },
    ]);
  });

  it('a command without request_id runs and is not answered', async () => {
    await start();
    await dispatch(probing());
    probe.call(0).resolve({});
    await dispatch({ type: 'frobnicate' });
    await dispatch({ type: 'probe' });
    expect(rooms.emitter.recorded).toEqual([]);
  });

  it('C11 an unknown type is answered with its name', async () => {
    await start();
    expect(await rooms.ask({ type: 'frobnicate', request_id: 'r1' })).toEqual({
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
    const answer = await rooms.ask(frame);
    expect(answer).toMatchObject({ type: 'probe_response', success: false, error_code: 'COMMAND_INVALID' });
    for (const name of names) expect(answer['error']).toContain(name);
    expect(probe.calls).toEqual([]);
  });

  it('C11 values that look like classes are refused, not run', async () => {
    await start();
    const answer = await rooms.ask(probing({ extra: JSON.parse('{"constructor":"x","__proto__":{"a":1}}') as object }));
    expect(answer['error_code']).toBe('COMMAND_INVALID');
  });

  it('null stands for a field that is left out', async () => {
    await start();
    await dispatch(probing({ times: null }));
    expect(probe.call(0).command.times).toBeUndefined();
  });

  it.each([
    [new CommandError('NO_TOOL_CLIENT'), 'NO_TOOL_CLIENT', 'No client offers this tool.'],
    [new Error('no luck'), 'COMMAND_FAILED', 'no luck'],
    ['just text', 'COMMAND_FAILED', 'just text'],
  ])('a handler that throws %s answers with %s', async (error, code, message) => {
    await start();
    await dispatch(probing({ request_id: 'r1' }));
    probe.call(0).reject(error);
    expect(await rooms.emitter.untilAnswer('r1')).toMatchObject({ success: false, error_code: code, error: message });
  });

  it('a handler that overruns its deadline is answered for, and its late result dropped', async () => {
    await start();
    await dispatch(probing({ request_id: 'r1' }));
    await clock.advance(60_000);
    expect(rooms.emitter.answers('r1')).toEqual([expect.objectContaining({ error_code: 'COMMAND_TIMEOUT' })]);
    expect(probe.call(0).context.signal.aborted).toBe(true);
    probe.call(0).resolve({ late: true });
    await settle();
    expect(rooms.emitter.recorded.length).toBe(1);
  });

  it('an answer that no frame can hold becomes an error that says so', async () => {
    await start();
    await dispatch(probing({ request_id: 'r1' }));
    probe.call(0).resolve({ said: 'é'.repeat(DEFAULT_MAX_FRAME_BYTES / 2) });
    await settle();
    expect(rooms.emitter.recorded).toMatchObject([
      { type: 'probe_response', request_id: 'r1', success: false, error_code: 'ANSWER_TOO_LARGE' },
    ]);
  });

  it('an answer of a client is no command, and not answered', async () => {
    await start();
    await dispatch({ type: 'external_tool_call_response', request_id: 'r1' });
    expect(rooms.emitter.recorded).toEqual([]);
  });

  it('a handler may have a deadline of its own', async () => {
    await start();
    await dispatch(probing({ type: 'slow_probe', request_id: 'r1' }));
    await clock.advance(60_000);
    expect(rooms.emitter.recorded).toEqual([]);
    await clock.advance(30_000);
    expect(rooms.emitter.answers('r1')).toEqual([expect.objectContaining({ error_code: 'COMMAND_TIMEOUT' })]);
  });

  it('runs what shall follow the answer after it, and only after success', async () => {
    await start();
    await dispatch(probing({ request_id: 'r1' }));
    const { context, resolve } = probe.call(0);
    context.afterAnswer(() => rooms.emitter.send({ type: 'after' }));
    resolve({});
    await settle();
    await dispatch(probing({ request_id: 'r2' }));
    probe.call(1).context.afterAnswer(() => rooms.emitter.send({ type: 'never' }));
    probe.call(1).reject(new Error('no'));
    await settle();
    expect(rooms.emitter.recorded.map(({ type }) => type)).toEqual(['probe_response', 'after', 'probe_response']);
  });

  it('commands that nobody answers stay unanswered, also when they are wrong', async () => {
    await start();
    await dispatch(probing({ type: 'terminal_input', request_id: 'r1' }));
    await dispatch({ type: 'terminal_input', request_id: 'r2' });
    await dispatch({ type: 'terminal_kill', request_id: 'r3' });
    expect(rooms.emitter.recorded).toEqual([]);
  });

  it('a terminal that this device cannot open has exited at once', async () => {
    await start();
    await dispatch({ type: 'terminal_spawn', terminal_id: 't1', cols: 80, rows: 24 });
    expect(rooms.emitter.recorded).toMatchObject([
      { type: 'terminal_exited', terminal_id: 't1', error: expect.stringContaining('terminal_spawn') },
    ]);
  });

  it('an emitter that cannot take the answer does not stop the next command', async () => {
    await start();
    const send = rooms.emitter.send.bind(rooms.emitter);
    rooms.emitter.send = () => {
      throw new Error('full');
    };
    await dispatch({ type: 'frobnicate', request_id: 'r1' });
    rooms.emitter.send = send;
    expect(await rooms.ask({ type: 'frobnicate', request_id: 'r2' })).toMatchObject({ success: false });
  });
});

describe('repeated requests', () => {
  it('are not run again and get the same answer', async () => {
    await start({ links: RESUMABLE });
    await dispatch(probing({ request_id: 'r1' }));
    await dispatch({ seq: 9, ...probing({ request_id: 'r1' }) });
    expect(probe.calls.length).toBe(1);
    probe.call(0).resolve({ n: 1 });
    await settle();
    await dispatch(probing({ request_id: 'r1' }));
    expect(probe.calls.length).toBe(1);
    const answer = { type: 'probe_response', request_id: 'r1', success: true, n: 1 };
    expect(rooms.emitter.recorded).toEqual([answer, answer]);
  });

  it('another command under the same id is another command', async () => {
    await start({ links: RESUMABLE });
    await dispatch(probing({ request_id: 'r1' }));
    await dispatch(probing({ request_id: 'r1', say: 'bye' }));
    expect(probe.calls.length).toBe(2);
  });

  it('that run still have their one answer, however many commands come meanwhile', async () => {
    await start({ links: RESUMABLE, commands: { maxRememberedRequests: 2 } });
    for (const request_id of ['r1', 'r2', 'r3', 'r4']) await dispatch(probing({ request_id }));
    await dispatch(probing({ request_id: 'r1' }));
    expect([probe.calls.length, rooms.emitter.recorded]).toEqual([4, []]);
    probe.call(0).resolve({ n: 1 });
    await settle();
    expect(rooms.emitter.answers('r1')).toHaveLength(1);
  });

  it('are forgotten beyond the bound, those that ended first', async () => {
    await start({ links: RESUMABLE, commands: { maxRememberedRequests: 2 } });
    for (const request_id of ['r1', 'r2', 'r3']) await dispatch(probing({ request_id }));
    for (const { resolve } of probe.calls) resolve({ n: 1 });
    await settle();
    for (const request_id of ['r3', 'r2']) await dispatch(probing({ request_id }));
    expect(probe.calls.length).toBe(3);
    await dispatch(probing({ request_id: 'r1' }));
    expect(probe.calls.length).toBe(4);
  });

  it('of commands that nobody answers are dropped, and push no other out', async () => {
    await start({ links: RESUMABLE, commands: { maxRememberedRequests: 2 } });
    await dispatch(probing({ request_id: 'r1' }));
    probe.call(0).resolve({ n: 1 });
    for (const request_id of ['t1', 't2', 't3', 't3']) await dispatch(probing({ type: 'terminal_input', request_id }));
    expect(silent.calls.length).toBe(3);
    await dispatch(probing({ request_id: 'r1' }));
    expect(probe.calls.length).toBe(1);
    expect(rooms.emitter.answers('r1')).toHaveLength(2);
  });

  it('whose answer was too large to keep run again where they only read, and else are told that they have run', async () => {
    await start({ links: RESUMABLE, commands: { maxRememberedAnswerBytes: 100 } });
    const large = { text: 'x'.repeat(200) };
    for (const type of ['probe', 'reading_probe']) await dispatch(probing({ type, request_id: type }));
    for (const { resolve } of [...probe.calls, ...reading.calls]) resolve(large);
    await settle();
    for (const type of ['probe', 'reading_probe']) await dispatch(probing({ type, request_id: type }));
    expect([probe.calls.length, reading.calls.length]).toEqual([1, 2]);
    expect(rooms.emitter.answers('probe')).toMatchObject([
      large,
      { success: false, error_code: 'ANSWER_TOO_LARGE', error: expect.stringContaining('has run') },
    ]);
  });

  it('are run again on a plain link, where ids may be used twice', async () => {
    await start();
    await dispatch(probing({ request_id: 'r1' }));
    await dispatch(probing({ request_id: 'r1' }));
    expect(probe.calls.length).toBe(2);
  });
});

describe('order', () => {
  it('is kept per runtime, while runtimes and commands without one run side by side', async () => {
    await start();
    const [one, two] = [runtime('one'), runtime('two')];
    for (const [say, scope] of [
      ['a', one],
      ['b', one],
      ['c', two],
      ['d', undefined],
      ['e', undefined],
    ] as const)
      await dispatch(probing({ say, ...(scope ? { runtime: scope } : {}) }));
    const said = () => probe.calls.map(({ command }) => command.say);
    expect(said()).toEqual(['a', 'c', 'd', 'e']);
    probe.call(0).reject(new Error('failed'));
    await settle();
    expect(said()).toEqual(['a', 'c', 'd', 'e', 'b']);
  });

  it('is not held up by a command that may last, such as execute_command before an abort', async () => {
    await start();
    await dispatch(probing({ type: 'lasting_probe', runtime: runtime('one') }));
    await dispatch(probing({ say: 'abort', runtime: runtime('one') }));
    expect(probe.calls.map(({ command }) => command.say)).toEqual(['abort']);
  });

  it('is not held up by a command that overran its deadline', async () => {
    await start();
    await dispatch(probing({ say: 'a', runtime: runtime('one') }));
    await dispatch(probing({ say: 'b', runtime: runtime('one') }));
    await clock.advance(60_000);
    expect(probe.calls.map(({ command }) => command.say)).toEqual(['a', 'b']);
  });

  it('is not held up by one that names its runtime only for the mode, which begins in its turn', async () => {
    await start();
    await dispatch(probing({ runtime: runtime('one') }));
    await dispatch({ ...probing({ runtime: runtime('one') }), type: 'reading_probe' });
    expect(reading.calls).toHaveLength(0);
    probe.call(0).resolve({});
    await settle();
    expect(reading.calls).toHaveLength(1);
    await dispatch(probing({ runtime: runtime('one') }));
    expect(probe.calls).toHaveLength(2);
  });

  it('counts the ids that runtime_start names as its runtime', async () => {
    await start();
    const scope = { agent_id: 'agent-1', conversation_id: 'one' };
    await dispatch(probing({ ...scope }));
    await dispatch(probing({ runtime: scope }));
    expect(probe.calls.length).toBe(1);
    expect(probe.call(0).context.runtime).toEqual(scope);
  });
});

describe('handlers', () => {
  it('are found by their decorator, those of the house among them', async () => {
    await start();
    rooms.dispatcher.dispatch({ type: 'app_server_info', request_id: 'r1' });
    expect(await rooms.emitter.untilAnswer('r1')).toMatchObject({ success: true, backend: 'twinlane' });
  });

  it('two of one type are refused at start, unless one takes the other’s token', async () => {
    await start();
    await expect(startDeviceRooms({ providers: [OtherReadFile] })).rejects.toBeInstanceOf(DuplicateCommandError);
    const replaced = await startDeviceRooms({ providers: [{ provide: ReadFileCommand, useClass: OtherReadFile }] });
    replaced.dispatcher.dispatch({ type: 'read_file', path: 'x', request_id: 'r1' });
    expect((await replaced.emitter.untilAnswer('r1'))['error']).toContain('say');
    await replaced.close();
  });
});

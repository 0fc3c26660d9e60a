import { afterEach, describe, expect, it } from 'vitest';
import { CommandBench, OtherReadFile, probing, runtime } from '../../test/kit/command-bench.js';
import { startDeviceRooms, type DeviceRoomsSetup } from '../../test/kit/device-rooms.js';
import { settle } from '../../test/kit/manual-clock.js';
import { DuplicateCommandError } from './command.explorer.js';
import { ReadFileCommand } from './filesystem/read-file.command.js';

let bench: CommandBench;
const start = async (setup: DeviceRoomsSetup = {}) => (bench = await CommandBench.start(setup));
afterEach(() => bench.rooms.close());

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
      await bench.dispatch(probing({ say, ...(scope ? { runtime: scope } : {}) }));
    const said = () => bench.probe.calls.map(({ command }) => command.say);
    expect(said()).toEqual(['a', 'c', 'd', 'e']);
    bench.probe.call(0).reject(new Error('failed'));
    await settle();
    expect(said()).toEqual(['a', 'c', 'd', 'e', 'b']);
  });

  it('is not held up by a command that may last, such as execute_command before an abort', async () => {
    await start();
    await bench.dispatch(probing({ type: 'lasting_probe', runtime: runtime('one') }));
    await bench.dispatch(probing({ say: 'abort', runtime: runtime('one') }));
    expect(bench.probe.calls.map(({ command }) => command.say)).toEqual(['abort']);
  });

  it('is not held up by a command that overran its deadline', async () => {
    await start();
    await bench.dispatch(probing({ say: 'a', runtime: runtime('one') }));
    await bench.dispatch(probing({ say: 'b', runtime: runtime('one') }));
    await bench.clock.advance(60_000);
    expect(bench.probe.calls.map(({ command }) => command.say)).toEqual(['a', 'b']);
  });

  it('is not held up by one that names its runtime only for the mode, which begins in its turn', async () => {
    await start();
    await bench.dispatch(probing({ runtime: runtime('one') }));
    await bench.dispatch({ ...probing({ runtime: runtime('one') }), type: 'reading_probe' });
    expect(bench.reading.calls).toHaveLength(0);
    bench.probe.call(0).resolve({});
    await settle();
    expect(bench.reading.calls).toHaveLength(1);
    await bench.dispatch(probing({ runtime: runtime('one') }));
    expect(bench.probe.calls).toHaveLength(2);
  });

  it('counts the ids that runtime_start names as its runtime', async () => {
    await start();
    const scope = { agent_id: 'agent-1', conversation_id: 'one' };
    await bench.dispatch(probing({ ...scope }));
    await bench.dispatch(probing({ runtime: scope }));
    expect(bench.probe.calls.length).toBe(1);
    expect(bench.probe.call(0).context.runtime).toEqual(scope);
  });
});

describe('handlers', () => {
  it('are found by their decorator, those of the house among them', async () => {
    await start();
    bench.rooms.dispatcher.dispatch({ type: 'app_server_info', request_id: 'r1' });
    expect(await bench.rooms.emitter.untilAnswer('r1')).toMatchObject({ success: true, backend: 'twinlane' });
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

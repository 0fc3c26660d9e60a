import { afterEach, describe, expect, it } from 'vitest';
import { CommandBench, probing, RESUMABLE } from '../../test/kit/command-bench.js';
import { type DeviceRoomsSetup } from '../../test/kit/device-rooms.js';
import { settle } from '../../test/kit/manual-clock.js';

let bench: CommandBench;
const start = async (setup: DeviceRoomsSetup = {}) => (bench = await CommandBench.start(setup));
afterEach(() => bench.rooms.close());

describe('repeated requests', () => {
  it('are not run again and get the same answer', async () => {
    await start({ links: RESUMABLE });
    await bench.dispatch(probing({ request_id: 'r1' }));
    await bench.dispatch({ seq: 9, ...probing({ request_id: 'r1' }) });
    expect(bench.probe.calls.length).toBe(1);
    bench.probe.call(0).resolve({ n: 1 });
    await settle();
    await bench.dispatch(probing({ request_id: 'r1' }));
    expect(bench.probe.calls.length).toBe(1);
    const answer = { type: 'probe_response', request_id: 'r1', success: true, n: 1 };
    expect(bench.rooms.emitter.recorded).toEqual([answer, answer]);
  });

  it('another command under the same id is another command', async () => {
    await start({ links: RESUMABLE });
    await bench.dispatch(probing({ request_id: 'r1' }));
    await bench.dispatch(probing({ request_id: 'r1', say: 'bye' }));
    expect(bench.probe.calls.length).toBe(2);
  });

  it('that run still have their one answer, however many commands come meanwhile', async () => {
    await start({ links: RESUMABLE, commands: { maxRememberedRequests: 2 } });
    for (const request_id of ['r1', 'r2', 'r3', 'r4']) await bench.dispatch(probing({ request_id }));
    await bench.dispatch(probing({ request_id: 'r1' }));
    expect([bench.probe.calls.length, bench.rooms.emitter.recorded]).toEqual([4, []]);
    bench.probe.call(0).resolve({ n: 1 });
    await settle();
    expect(bench.rooms.emitter.answers('r1')).toHaveLength(1);
  });

  it('are forgotten beyond the bound, those that ended first', async () => {
    await start({ links: RESUMABLE, commands: { maxRememberedRequests: 2 } });
    for (const request_id of ['r1', 'r2', 'r3']) await bench.dispatch(probing({ request_id }));
    for (const { resolve } of bench.probe.calls) resolve({ n: 1 });
    await settle();
    for (const request_id of ['r3', 'r2']) await bench.dispatch(probing({ request_id }));
    expect(bench.probe.calls.length).toBe(3);
    await bench.dispatch(probing({ request_id: 'r1' }));
    expect(bench.probe.calls.length).toBe(4);
  });

  it('of commands that nobody answers are dropped, and push no other out', async () => {
    await start({ links: RESUMABLE, commands: { maxRememberedRequests: 2 } });
    await bench.dispatch(probing({ request_id: 'r1' }));
    bench.probe.call(0).resolve({ n: 1 });
    for (const request_id of ['t1', 't2', 't3', 't3'])
      await bench.dispatch(probing({ type: 'terminal_input', request_id }));
    expect(bench.silent.calls.length).toBe(3);
    await bench.dispatch(probing({ request_id: 'r1' }));
    expect(bench.probe.calls.length).toBe(1);
    expect(bench.rooms.emitter.answers('r1')).toHaveLength(2);
  });

  it('whose answer was too large to keep run again where they only read, and else are told that they have run', async () => {
    await start({ links: RESUMABLE, commands: { maxRememberedAnswerBytes: 100 } });
    const large = { text: 'x'.repeat(200) };
    for (const type of ['probe', 'reading_probe']) await bench.dispatch(probing({ type, request_id: type }));
    for (const { resolve } of [...bench.probe.calls, ...bench.reading.calls]) resolve(large);
    await settle();
    for (const type of ['probe', 'reading_probe']) await bench.dispatch(probing({ type, request_id: type }));
    expect([bench.probe.calls.length, bench.reading.calls.length]).toEqual([1, 2]);
    expect(bench.rooms.emitter.answers('probe')).toMatchObject([
      large,
      { success: false, error_code: 'ANSWER_TOO_LARGE', error: expect.stringContaining('has run') },
    ]);
  });

  it('are run again on a plain link, where ids may be used twice', async () => {
    await start();
    await bench.dispatch(probing({ request_id: 'r1' }));
    await bench.dispatch(probing({ request_id: 'r1' }));
    expect(bench.probe.calls.length).toBe(2);
  });
});

import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type Attachment, isEvent, type Turn } from '../src/client/index.js';
import type { Frame } from '../src/protocol/index.js';
import { Twinlane } from './kit/twinlane.js';

let twinlane: Twinlane;
afterEach(() => twinlane.close());

async function all(turn: Turn): Promise<Frame[]> {
  const events: Frame[] = [];
  for await (const event of turn) events.push(event);
  return events;
}

/** What the shell agent printed on one stream. */
function printed(events: readonly Frame[], stream: 'stdout' | 'stderr' = 'stdout'): string {
  return events
    .filter((event) => isEvent(event, 'stream_delta'))
    .map(({ delta }) => (delta['stream'] === stream ? String(delta['tool_return']) : ''))
    .join('');
}

const run = async (attachment: Attachment, command: string): Promise<Frame[]> => all(await attachment.turn(command));
const exitCode = (events: readonly Frame[]): unknown =>
  events
    .filter((event) => isEvent(event, 'stream_delta'))
    .map(({ delta }) => delta)
    .findLast((delta) => delta.message_type === 'tool_return_message')?.['exit_code'];

/** Whether a process lives; one that has ended and waits for its parent does not. */
async function isRunning(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) [ZX] /.test(stat);
}

/** Follows what an attachment sees until a frame of this type, which it returns. */
async function until(attachment: Attachment, matches: (event: Frame) => boolean): Promise<Frame> {
  for await (const event of attachment.events()) if (matches(event)) return event;
  throw new Error('the events ended');
}

describe('turns', () => {
  it('run a command on the device and tell its output, exit code and end', async () => {
    twinlane = await Twinlane.start();
    const events = await run(await twinlane.attach(), 'pwd; echo oops >&2; exit 3');
    expect(printed(events)).toBe(`${twinlane.workspace}\n`);
    expect(printed(events, 'stderr')).toBe('oops\n');
    expect(exitCode(events)).toBe(3);
    expect(events.at(-1)).toMatchObject({ type: 'turn_finished', stop_reason: 'end_turn' });
  });

  it('C03 end after their last delta, always, and no number is missing or twice', async () => {
    twinlane = await Twinlane.start();
    const attachment = await twinlane.attach();
    const seen: number[] = [];
    for (let round = 0; round < 15; round++) {
      const events = await run(attachment, `i=0; while [ $i -lt 40 ]; do echo "line $i"; i=$((i+1)); done`);
      expect(printed(events).trimEnd().split('\n')).toHaveLength(40);
      const types = events.map(({ type }) => type);
      expect(types.indexOf('turn_finished')).toBe(types.length - 1);
      expect(types.lastIndexOf('stream_delta')).toBeLessThan(types.indexOf('turn_finished'));
      seen.push(...events.map((event) => Number(event['event_seq'])));
    }
    expect(seen).toEqual(Array.from({ length: seen.length }, (_, i) => (seen[0] ?? 0) + i));
  });

  it('C04 of two busy runtimes are each numbered by themselves', async () => {
    twinlane = await Twinlane.start();
    const attachments = [await twinlane.attach(), await twinlane.attach()];
    const both = await Promise.all(
      attachments.map((attachment) => run(attachment, 'for i in 1 2 3 4 5 6; do echo $i; sleep 0.01; done')),
    );
    for (const [index, events] of both.entries()) {
      expect(printed(events)).toBe('1\n2\n3\n4\n5\n6\n');
      const numbers = events.map((event) => Number(event['event_seq']));
      expect(numbers).toEqual(numbers.map((_, i) => (numbers[0] ?? 0) + i));
      for (const event of events) expect(event['runtime']).toEqual(attachments[index]?.runtime);
    }
  });

  it('C19 no status comes before an earlier delta, and the last one says that the device waits for input', async () => {
    twinlane = await Twinlane.start();
    const events = await run(await twinlane.attach(), 'seq 1 200');
    const ends = events.findIndex(
      (event) =>
        isEvent(event, 'update_loop_status') &&
        event.loop_status.status === 'WAITING_ON_INPUT' &&
        events.indexOf(event) > 4,
    );
    const lastDelta = events.findLastIndex(({ type }) => type === 'stream_delta');
    expect(ends).toBeGreaterThan(lastDelta);
    expect(events.findLast((event) => isEvent(event, 'update_loop_status'))).toMatchObject({
      loop_status: { status: 'WAITING_ON_INPUT' },
    });
    expect(events.findLast((event) => isEvent(event, 'update_device_status'))).toMatchObject({
      device_status: { is_processing: false },
    });
  });

  it('C34 shell output is intact where a character is split between two writes', async () => {
    twinlane = await Twinlane.start();
    const halves = String.raw`printf '\303'; sleep 0.05; printf '\251 \360\237'; sleep 0.05; printf '\230\200\n'`;
    expect(printed(await run(await twinlane.attach(), halves))).toBe('é 😀\n');
  });

  it('C22 an abort that arrives as its turn ends leaves the next turn untouched', async () => {
    twinlane = await Twinlane.start();
    const attachment = await twinlane.attach();
    for (let round = 0; round < 5; round++) {
      const first = await attachment.turn('echo first');
      const second = await attachment.turn('sleep 0.05; echo second');
      const runOfFirst = (await all(first)).find((event) => isEvent(event, 'turn_finished'))?.run_id;
      expect(await attachment.abort(undefined, runOfFirst)).toBe(false);
      const events = await all(second);
      expect(printed(events)).toBe('second\n');
      expect(events.at(-1)).toMatchObject({ stop_reason: 'end_turn' });
    }
  });

  it('an abort ends the whole process group, and the turn with "cancelled"', async () => {
    twinlane = await Twinlane.start();
    const attachment = await twinlane.attach();
    const turn = await attachment.turn(`sh -c 'trap "" TERM; echo $$; sleep 60 & sleep 60'`);
    let pid = 0;
    const types: string[] = [];
    for await (const event of turn) {
      types.push(event.type);
      const text = printed([event]);
      if (text && !pid) {
        pid = Number(text);
        expect(await attachment.abort()).toBe(true);
      }
      if (isEvent(event, 'turn_finished')) expect(event.stop_reason).toBe('cancelled');
    }
    expect(types.at(-1)).toBe('turn_finished');
    expect(pid).toBeGreaterThan(0);
    // The kernel takes its time with the rest of a group.
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it('queue behind each other in one runtime, and tell when they leave the queue', async () => {
    twinlane = await Twinlane.start();
    const attachment = await twinlane.attach();
    const first = await attachment.turn('sleep 0.1; echo 1');
    const second = await attachment.turn([{ role: 'user', content: 'echo 2', client_message_id: 'm-2' }]);
    expect([first.disposition, second.disposition]).toEqual(['started', 'queued']);
    await all(first);
    const events = await all(second);
    expect(printed(events)).toBe('2\n');
    expect(events.find((event) => isEvent(event, 'update_queue') && event.removed.length > 0)).toMatchObject({
      removed: [{ client_message_id: 'm-2', disposition: 'dequeued' }],
    });
  });

  it('wait for an approval in mode standard: one answer wins, the others are told', async () => {
    twinlane = await Twinlane.start({ listener: { mode: 'standard' } });
    const first = await twinlane.attach();
    const asked = until(first, ({ type }) => type === 'control_request');
    const turn = await first.turn('echo approved');
    const request = await asked;
    expect(request).toMatchObject({ request: { subtype: 'can_use_tool', input: { command: 'echo approved' } } });
    const second = await twinlane.attach(first.runtime);
    const shown = await until(second, ({ type }) => type === 'control_request');
    expect(shown).toMatchObject({ replayed: true, request_id: request['request_id'] });
    const resolved = until(second, ({ type }) => type === 'control_request_resolved');
    const id = String(request['request_id']);
    const answers = await Promise.allSettled([
      second.answerApproval(id, { behavior: 'allow' }),
      first.answerApproval(id, { behavior: 'deny' }),
    ]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(answers.find((answer) => answer.status === 'rejected')?.reason).toMatchObject({ code: 'ALREADY_ANSWERED' });
    const outcome = answers[0].status === 'fulfilled' ? 'allow' : 'deny';
    expect(await resolved).toMatchObject({ request_id: id, outcome });
    const events = await all(turn);
    expect(printed(events)).toBe(outcome === 'allow' ? 'approved\n' : '');
    expect(events.at(-1)).toMatchObject({
      type: 'turn_finished',
      stop_reason: outcome === 'allow' ? 'end_turn' : 'denied',
    });
  });

  it('C21 the same client_message_id again is accepted, and not run again', async () => {
    twinlane = await Twinlane.start();
    const attachment = await twinlane.attach();
    const input = [{ role: 'user', content: 'echo x >> ran', client_message_id: 'once' }];
    await all(await attachment.turn(input));
    await expect(attachment.send(input)).resolves.toMatchObject({ accepted: true });
    expect(printed(await run(attachment, 'cat ran'))).toBe('x\n');
  });

  it('end with turn_finished when the listener stops, within its grace period', async () => {
    twinlane = await Twinlane.start({ listener: { shutdownGraceMs: 200 } });
    const attachment = await twinlane.attach();
    const turn = await attachment.turn('echo started; sleep 60');
    const events = all(turn);
    await until(attachment, (event) => printed([event]) !== '');
    await twinlane.listener.close();
    expect((await events).at(-1)).toMatchObject({ type: 'turn_finished', stop_reason: 'cancelled' });
    expect((await twinlane.client().environments())[0]).toMatchObject({ connectionId: null });
  });
});

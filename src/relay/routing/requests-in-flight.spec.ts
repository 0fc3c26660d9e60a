import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../../test/kit/manual-clock.js';
import { FakeDeviceLink } from '../../../test/kit/routing-bench.js';
import type { Frame } from '../../protocol/index.js';
import type { DeviceBound } from './device-outbox.js';
import { RequestsInFlight } from './requests-in-flight.js';
import { NO_ROUTING_OBSERVER } from './routing-observer.js';

const LIMITS = {
  maxAnswerBytes: 1_000_000,
  maxFrameBytes: 200_000,
  answerTimeoutMs: 600_000,
  answerStallMs: 60_000,
  maxRequests: 3,
  limits: { unansweredPerClient: 3 },
};

function bench() {
  const clock = new ManualClock();
  const requests = new RequestsInFlight(clock, LIMITS, NO_ROUTING_OBSERVER);
  const answers: Frame[] = [];
  const owner = {};
  const open = (command: Frame): DeviceBound | undefined =>
    requests.open(command, 1, { owner, deliver: (f) => answers.push(f) });
  const ask = (command: Frame): string => idOf(open(command));
  /** Asks on a link. */
  const send = (command: Frame, link: FakeDeviceLink): string => {
    const bound = open(command);
    bound?.sent?.(link);
    return idOf(bound);
  };
  return { clock, requests, answers, owner, open, ask, send };
}

function idOf(bound: DeviceBound | undefined): string {
  return String((bound?.frame as Frame | undefined)?.['request_id']);
}

describe('RequestsInFlight', () => {
  it('gives each request an id of its own, and the answer the id it was asked with', () => {
    const { requests, answers, ask } = bench();
    const [a, b] = [ask({ type: 'read_file', request_id: 7 }), ask({ type: 'read_file' })];
    expect(a).toMatch(/^[0-9a-f]{32}$/);
    expect(a).not.toBe(b);
    for (const id of [a, b]) requests.take({ type: 'read_file_response', request_id: id, success: true });
    expect(answers).toEqual([
      { type: 'read_file_response', success: true, request_id: 7 },
      { type: 'read_file_response', success: true },
    ]);
  });

  it('says under which ids a command goes on and is answered, for the log', () => {
    const lines: unknown[] = [];
    const trace = (text: string, fields: object): void => void lines.push([text, fields]);
    const requests = new RequestsInFlight(new ManualClock(), LIMITS, NO_ROUTING_OBSERVER, trace);
    const relayRequestId = idOf(requests.open({ type: 'sync', request_id: 'q' }, 1, { owner: {}, deliver: () => {} }));
    requests.take({ type: 'sync_response', request_id: relayRequestId, success: true });
    const ids = { requestId: 'q', relayRequestId };
    expect(lines).toEqual([
      ['sync forwarded', ids],
      ['sync answered', { ...ids, ms: 0, errorCode: undefined }],
    ]);
  });

  it('knows a command that its asker sends again by itself, until it is answered', () => {
    const { requests } = bench();
    const asker = { owner: {}, repeats: true, deliver: () => {} };
    const command = { type: 'read_file', request_id: 'q', path: 'a', seq: 1 };
    const id = idOf(requests.open(command, 1, asker));
    expect(requests.isRepetition({ ...command, seq: 2 }, asker)).toBe(true);
    expect(requests.isRepetition({ ...command, path: 'b' }, asker)).toBe(false);
    expect(requests.isRepetition({ type: 'read_file', path: 'a' }, asker)).toBe(false);
    expect(requests.isRepetition(command, { ...asker, repeats: false })).toBe(false);
    expect(requests.isRepetition(command, { ...asker, owner: {} })).toBe(false);
    requests.take({ type: 'read_file_response', request_id: id, success: true });
    expect(requests.isRepetition(command, asker)).toBe(false);
  });

  it('C26 is busy while the device works on something whose asker does not ask again by itself', () => {
    const { requests } = bench();
    const link = new FakeDeviceLink(true);
    const asked = (type: string, repeats: boolean): string => {
      const bound = requests.open({ type, request_id: type }, 1, { owner: {}, repeats, deliver: () => {} });
      expect(requests.isBusy).toBe(false);
      bound?.sent?.(link);
      return idOf(bound);
    };
    requests.take({ type: 'read_file_response', request_id: asked('read_file', true) });
    for (const [type, repeats] of [
      ['read_file', false],
      ['write_file', true],
    ] as const) {
      const id = asked(type, repeats);
      expect(requests.isBusy).toBe(true);
      requests.take({ type: `${type}_response`, request_id: id });
      expect(requests.isBusy).toBe(false);
    }
  });

  it('C26 sends back what waits for the device to clients that send it again, and to nobody else', () => {
    const { requests } = bench();
    const answers: Frame[] = [];
    const open = (type: string, repeats: boolean): DeviceBound | undefined =>
      requests.open({ type, request_id: type }, 1, { owner: {}, repeats, deliver: (f) => answers.push(f) });
    open('write_file', true);
    open('checkout_branch', false);
    open('edit_file', true)?.sent?.(new FakeDeviceLink(true));
    requests.sendBack();
    expect(answers).toMatchObject([
      { type: 'write_file_response', request_id: 'write_file', error_code: 'TOO_MANY', retry_after_ms: 0 },
    ]);
  });

  it('answers once: a late answer belongs to nobody', () => {
    const { requests, answers, send } = bench();
    const link = new FakeDeviceLink(true);
    const id = send({ type: 'read_file', request_id: 'q' }, link);
    requests.linkClosed(link);
    expect(requests.take({ type: 'read_file_response', request_id: id })).toBe(false);
    expect(answers).toMatchObject([{ request_id: 'q', success: false, error_code: 'OUTCOME_UNKNOWN' }]);
  });

  it('answers input and sync in place of a device that does neither, by what it shows of that runtime', () => {
    const { requests, answers, send } = bench();
    const runtime = { agent_id: 'a', conversation_id: 'c' };
    const other = { agent_id: 'a', conversation_id: 'd' };
    const old = new FakeDeviceLink(false, undefined, 'split', false);
    send({ type: 'input', request_id: 'i', runtime }, old);
    send({ type: 'sync', request_id: 's', runtime }, old);
    requests.shown(other, 'stream_delta');
    expect(answers).toEqual([]);
    requests.shown(runtime, 'update_device_status');
    expect(answers).toEqual([{ type: 'input_accepted', request_id: 'i', runtime, accepted: true }]);
    for (const type of ['update_loop_status', 'update_loop_status', 'update_queue']) requests.shown(runtime, type);
    expect(answers).toHaveLength(1);
    requests.shown(runtime, 'update_subagent_state');
    expect(answers[1]).toEqual({ type: 'sync_response', request_id: 's', runtime, success: true });
  });

  it('leaves both to a device that answers them', () => {
    const { requests, answers, send } = bench();
    const runtime = { agent_id: 'a', conversation_id: 'c' };
    const id = send({ type: 'input', request_id: 'i', runtime }, new FakeDeviceLink(false));
    requests.shown(runtime, 'update_loop_status');
    requests.take({ type: 'input_accepted', request_id: id, accepted: false });
    expect(answers).toEqual([{ type: 'input_accepted', request_id: 'i', accepted: false }]);
  });

  it('C11 answers in place of a stock device that stays silent, and only of one', async () => {
    const { clock, answers, send } = bench();
    send({ type: 'frobnicate', request_id: 'q1' }, new FakeDeviceLink(false));
    send({ type: 'frobnicate', request_id: 'q2' }, new FakeDeviceLink(true));
    send({ type: 'change_device_state' }, new FakeDeviceLink(false));
    await clock.advance(LIMITS.answerTimeoutMs);
    expect(answers).toMatchObject([{ type: 'frobnicate_response', request_id: 'q1', error_code: 'COMMAND_TIMEOUT' }]);
  });

  it('answers at once what stock devices never answer', () => {
    const { answers, send } = bench();
    send({ type: 'watch_file', request_id: 'q', path: '/x' }, new FakeDeviceLink(false));
    expect(answers).toEqual([{ type: 'watch_file_response', path: '/x', success: true, request_id: 'q' }]);
  });

  it('forgets what nobody answers once it is sent', () => {
    const { requests, answers, owner, send } = bench();
    send({ type: 'terminal_input', request_id: 'q' }, new FakeDeviceLink(true));
    expect(requests.has(owner)).toBe(false);
    expect(answers).toEqual([]);
  });

  it('passes on what comes under a known id before its answer', () => {
    const { requests, answers, ask } = bench();
    const id = ask({ type: 'search', request_id: 'q' });
    requests.take({ type: 'search_progress', request_id: id });
    requests.take({ type: 'search_response', request_id: id });
    expect(answers.map(({ type }) => type)).toEqual(['search_progress', 'search_response']);
  });

  it('says nothing to an asker that has left', () => {
    const { requests, answers, owner, ask } = bench();
    const id = ask({ type: 'read_file', request_id: 'q' });
    requests.abandon(owner);
    expect(requests.take({ type: 'read_file_response', request_id: id })).toBe(true);
    expect(answers).toEqual([]);
  });

  it('is bounded', () => {
    const { answers, ask } = bench();
    for (let i = 0; i < 4; i++) ask({ type: 'read_file', request_id: `q${i}` });
    expect(answers).toMatchObject([{ request_id: 'q3', error_code: 'TOO_MANY' }]);
  });
});

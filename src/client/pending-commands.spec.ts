import { beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../test/kit/manual-clock.js';
import type { Frame } from '../protocol/index.js';
import { CommandError } from './client.error.js';
import { PendingCommands } from './pending-commands.js';

const TIMEOUT_MS = 10_000;
let clock: ManualClock;
let sent: Frame[];
let isUp: boolean;
let commands: PendingCommands;

beforeEach(() => {
  clock = new ManualClock();
  sent = [];
  isUp = true;
  commands = new PendingCommands(clock, (frame) => {
    return isUp ? sent.push(frame) : undefined;
  });
});

function answer(fields: object): void {
  commands.answer({ type: 'read_file_response', request_id: sent.at(-1)?.['request_id'], ...fields });
}

const TOO_SOON = { success: false, error: 'Too many.', error_code: 'TOO_MANY', retry_after_ms: 200 };

describe('commands on a link that a relay ends', () => {
  it('C26 are sent again where it has not acted upon them; of the others nobody knows', async () => {
    const asked = ['a', 'b'].map((path) => commands.ask('write_file', { path, content: '' }, TIMEOUT_MS));
    isUp = false;
    commands.lost(1);
    expect(commands.hasLost).toBe(true);
    isUp = true;
    commands.resume();
    expect(sent.map(({ path }) => path)).toEqual(['a', 'b', 'b']);
    commands.judge({ type: 'requests_in_flight', request_ids: [] });
    await expect(asked[0]).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    commands.answer({ type: 'write_file_response', request_id: sent[2]?.['request_id'], success: true });
    expect(await asked[1]).toMatchObject({ success: true });
  });

  it('stay with the relay that has them, whatever the next link says of its own messages', async () => {
    const asked = commands.ask('write_file', { path: 'a', content: '' }, TIMEOUT_MS);
    commands.lost();
    commands.resume();
    commands.lost(0);
    commands.resume();
    expect(sent).toHaveLength(1);
    commands.answer({ type: 'write_file_response', request_id: sent[0]?.['request_id'], success: true });
    expect(await asked).toMatchObject({ success: true });
  });
});

describe('a command that the relay refused because it came too soon', () => {
  it('C36 is sent again when the relay says so', async () => {
    const asked = commands.ask('read_file', { path: 'a' }, TIMEOUT_MS);
    answer(TOO_SOON);
    await clock.advance(199);
    expect(sent).toHaveLength(1);
    await clock.advance(1);
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual(sent[0]);
    answer({ success: true, content: 'x' });
    expect(await asked).toMatchObject({ content: 'x' });
    expect(clock.pending).toBe(0);
  });

  it('is sent once on a link that is new until then', async () => {
    const asked = commands.ask('read_file', { path: 'a' }, TIMEOUT_MS);
    answer(TOO_SOON);
    commands.resume();
    await clock.advance(1_000);
    expect(sent).toHaveLength(2);
    answer({ success: true });
    await asked;
  });

  it('waits for a link where there is none', async () => {
    const asked = commands.ask('read_file', { path: 'a' }, TIMEOUT_MS);
    answer(TOO_SOON);
    isUp = false;
    await clock.advance(1_000);
    isUp = true;
    commands.resume();
    expect(sent).toHaveLength(2);
    answer({ success: true });
    await asked;
  });

  it('fails with what the relay said when its time is over', async () => {
    const asked = commands.ask('read_file', { path: 'a' }, TIMEOUT_MS);
    const failed = asked.catch((error: unknown) => error);
    answer({ ...TOO_SOON, retry_after_ms: 2 * TIMEOUT_MS });
    await clock.advance(TIMEOUT_MS);
    expect(await failed).toMatchObject({ code: 'TOO_MANY', message: 'Too many.' });
    expect(clock.pending).toBe(0);
  });
});

describe('an input that came too soon', () => {
  const RUNTIME = { agent_id: null, conversation_id: 'c' };
  const say = (text: string, runtime: object = RUNTIME): Promise<Frame> =>
    commands.ask('input', { runtime, text }, TIMEOUT_MS);
  const said = (): unknown[] => sent.map((frame) => frame['text']);
  const refuse = (index: number): void =>
    answer({ ...TOO_SOON, type: 'input_accepted', accepted: false, request_id: sent[index]?.['request_id'] });
  const accept = (index: number): void =>
    answer({ type: 'input_accepted', accepted: true, request_id: sent[index]?.['request_id'] });

  it('C36 is not passed by a later one of its runtime, and by those of others', async () => {
    const first = say('1');
    refuse(0);
    const rest = [say('2'), say('3')];
    const other = say('other', { agent_id: null, conversation_id: 'd' });
    expect(said()).toEqual(['1', 'other']);
    await clock.advance(200);
    expect(said()).toEqual(['1', 'other', '1']);
    refuse(2);
    await clock.advance(200);
    accept(3);
    accept(1);
    expect(said().slice(4)).toEqual(['2', '3']);
    accept(4);
    accept(5);
    await Promise.all([first, ...rest, other]);
    expect(clock.pending).toBe(0);
  });

  it('C36 nor is it when both were refused, or the link is a new one', async () => {
    const both = [say('1'), say('2')];
    refuse(0);
    refuse(1);
    await clock.advance(200);
    expect(said().slice(2)).toEqual(['1']);
    commands.resume();
    expect(said().slice(2)).toEqual(['1']);
    accept(2);
    expect(said().slice(3)).toEqual(['2']);
    accept(3);
    await Promise.all(both);
  });

  it('holds nobody up once its time is over, and its followers say why they were not sent', async () => {
    const failed = [say('1'), say('2')].map((asked) => asked.catch((error: unknown) => error));
    answer({
      ...TOO_SOON,
      type: 'input_accepted',
      request_id: sent[0]?.['request_id'],
      retry_after_ms: 2 * TIMEOUT_MS,
    });
    accept(1);
    await clock.advance(TIMEOUT_MS / 2);
    const third = say('3');
    expect(said()).toEqual(['1', '2']);
    await clock.advance(TIMEOUT_MS / 2);
    expect(await failed[0]).toMatchObject({ code: 'TOO_MANY' });
    expect(said()).toEqual(['1', '2', '3']);
    accept(2);
    await third;
  });

  it('fails with all others, of which none is sent any more', async () => {
    const first = say('1').catch((error: unknown) => error);
    refuse(0);
    const second = say('2').catch((error: unknown) => error);
    commands.fail(new Error('closed'));
    expect(await Promise.all([first, second])).toEqual([new Error('closed'), new Error('closed')]);
    expect(said()).toEqual(['1']);
    expect(clock.pending).toBe(0);
  });
});

it('takes a TOO_MANY that names no time as the answer', async () => {
  const asked = commands.ask('read_file', { path: 'a' }, TIMEOUT_MS);
  answer({ ...TOO_SOON, retry_after_ms: undefined });
  await expect(asked).rejects.toThrow(CommandError);
});

describe('on a new link', () => {
  const RUNTIME = { agent_id: null, conversation_id: 'c' };
  const answering = { kind: 'approval_response', request_id: 'p1', decision: { behavior: 'allow' } };

  it.each([
    ['C20 an answer to an approval', 'input', { runtime: RUNTIME, payload: answering }],
    ['a command that reads', 'read_file', { path: 'a' }],
    ['an abort of one run', 'abort_message', { runtime: RUNTIME, run_id: 'run-1' }],
  ])('%s is sent again under its id until it is answered', async (_what, type, fields) => {
    const asked = commands.ask(type, fields, TIMEOUT_MS);
    commands.resume();
    expect(sent).toEqual([sent[0], sent[0]]);
    const accepted = { type: type === 'input' ? 'input_accepted' : `${type}_response`, accepted: true, success: true };
    answer(accepted);
    await asked;
    commands.resume();
    expect(sent).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('a command that may have run is not, and its answer may come yet', async () => {
    const asked = commands.ask('write_file', { path: 'a', content: 'b' }, TIMEOUT_MS);
    commands.resume();
    expect(sent).toHaveLength(1);
    answer({ type: 'write_file_response', success: true });
    await asked;
  });

  it('one that never left is sent, whatever it is', async () => {
    isUp = false;
    const asked = commands.ask('write_file', { path: 'a', content: 'b' }, TIMEOUT_MS);
    isUp = true;
    commands.resume();
    commands.resume();
    expect(sent).toHaveLength(1);
    answer({ type: 'write_file_response', success: true });
    await asked;
  });
});

describe('an answer that comes in chunks', () => {
  it('C18 is not late while they come, and is when they stop', async () => {
    const asked = commands.ask('read_file', { path: 'a' }, TIMEOUT_MS).catch((error: unknown) => error);
    const id = String(sent[0]?.['request_id']);
    for (let chunks = 0; chunks < 5; chunks++) {
      await clock.advance(TIMEOUT_MS - 1);
      expect(commands.chunk(id)).toBe(true);
    }
    await clock.advance(TIMEOUT_MS);
    expect(await asked).toMatchObject({ code: 'COMMAND_TIMEOUT' });
    expect(commands.chunk(id)).toBe(false);
    expect(clock.pending).toBe(0);
  });
});

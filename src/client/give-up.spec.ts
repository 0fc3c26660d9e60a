import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { FAKE_RUNTIME, FAKE_TOKEN, FakeClientRelay } from '../../test/kit/fake-client-relay.js';
import type { Attachment } from './attachment.js';
import { TwinlaneClient } from './twinlane-client.js';

const REASON = new Error('the person has left the page');

let relay: FakeClientRelay;
let client: TwinlaneClient;
const attachments: Attachment[] = [];
/** Those that the relay never answers. */
const unanswered: Duplex[] = [];
beforeEach(async () => {
  relay = await FakeClientRelay.start();
  client = new TwinlaneClient({ server: relay.url, token: FAKE_TOKEN, WebSocket });
});
afterEach(async () => {
  for (const attachment of attachments.splice(0)) attachment.close();
  for (const stream of unanswered.splice(0)) stream.destroy();
  await relay.stop();
});

async function attach(): Promise<Attachment> {
  const attachment = await client.attach('env-1', { runtime: FAKE_RUNTIME });
  attachments.push(attachment);
  return attachment;
}

describe('what a caller gives up', () => {
  it.each(['environments', 'attach'] as const)('%s: rejects with the reason, and leaves no socket', async (what) => {
    const given = new AbortController();
    const { signal } = given;
    const asked = new Promise<void>((resolve) => {
      relay.answerAll = (stream) => {
        unanswered.push(stream);
        resolve();
      };
    });
    const working = what === 'attach' ? client.attach('env-1', { signal }) : client.environments({ signal });
    await asked;
    given.abort(REASON);
    await expect(working).rejects.toBe(REASON);
    relay.answerAll = undefined;
    await expect(client.attach('env-1', { signal })).rejects.toBe(REASON);
    expect(relay.sockets).toEqual([]);
  });

  it('a command: its late answer is nobody’s, and the next one is answered', async () => {
    const attachment = await attach();
    const frames = attachment.frames();
    relay.scripts['read_file'] = () => {};
    const given = new AbortController();
    const reading = attachment.command('read_file', { path: 'a' }, { signal: given.signal });
    await relay.seen(() => relay.commandsOf('read_file').length === 1);
    given.abort(REASON);
    await expect(reading).rejects.toBe(REASON);
    const [late] = relay.commandsOf('read_file');
    if (late) relay.answer(late);
    await attachment.command('app_server_info', {});
    relay.send('control', { type: 'the_end' });
    expect((await frames.next()).value).toMatchObject({ type: 'the_end' });
    await expect(attachment.command('read_file', { path: 'a' }, { signal: given.signal })).rejects.toBe(REASON);
    expect(relay.commandsOf('read_file')).toHaveLength(1);
  });

  it('watching a turn: the loop ends with the reason, and the attachment goes on', async () => {
    relay.scripts['input'] = (command) => relay.answer(command, { accepted: true, disposition: 'started' });
    const attachment = await attach();
    const given = new AbortController();
    const turn = await attachment.turn('ls', { signal: given.signal });
    const watching = (async () => {
      for await (const _event of turn);
    })();
    given.abort(REASON);
    await expect(watching).rejects.toBe(REASON);
    expect(attachment.state.phase).toBe('open');
    expect(relay.commandsOf('abort_message')).toEqual([]);
  });

  it('loops: they end', async () => {
    const attachment = await attach();
    const given = new AbortController();
    const { signal } = given;
    const loops = [
      attachment.events({ signal }),
      attachment.frames({ signal }),
      attachment.metrics({ signal }),
      attachment.states({ signal }),
      attachment.presences({ signal }),
    ];
    given.abort();
    for (const loop of loops) {
      const rest: unknown[] = [];
      for await (const one of loop) rest.push(one);
      expect(rest).toEqual([]);
    }
  });

  it('opening a terminal: one that opens later is ended', async () => {
    relay.scripts['terminal_spawn'] = () => {};
    const attachment = await attach();
    const given = new AbortController();
    const opening = attachment.openTerminal({ cols: 80, rows: 24 }, { signal: given.signal });
    await relay.seen(() => relay.commandsOf('terminal_spawn').length === 1);
    given.abort(REASON);
    await expect(opening).rejects.toBe(REASON);
    await relay.seen(() => relay.commandsOf('terminal_kill').length === 1);
  });
});

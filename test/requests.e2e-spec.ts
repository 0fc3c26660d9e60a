import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { once } from 'node:events';
import { type Attachment, TwinlaneClient } from '../src/client/index.js';
import { FaultProxy } from './kit/fault-proxy.js';
import { TOKEN, Twinlane } from './kit/twinlane.js';

let twinlane: Twinlane;
let attachment: Attachment;
beforeEach(async () => {
  twinlane = await Twinlane.start();
  attachment = await twinlane.attach();
  await writeFile(path.join(twinlane.workspace, 'a.txt'), 'hello world\nneedle here\n');
});
afterEach(() => twinlane.close());

/** A stock client's control socket: sends frames as they are, collects what comes. */
async function rawClient() {
  const [environment] = await twinlane.client().environments();
  const query = new URLSearchParams({ agentId: 'a', conversationId: `c-${Math.random()}`, channel: 'control' });
  const socket = new WebSocket(
    `${twinlane.url.replace('http', 'ws')}/v1/environments/${environment?.connectionId}/status/ws?${query}`,
    {
      headers: { Authorization: `Bearer ${TOKEN}` },
    },
  );
  const frames: Record<string, unknown>[] = [];
  socket.on('message', (data) => frames.push(JSON.parse((data as Buffer).toString()) as Record<string, unknown>));
  await once(socket, 'open');
  return {
    frames,
    close: () => socket.terminate(),
    send: (frame: object) => socket.send(JSON.stringify(frame)),
    async answer(requestId: string) {
      for (;;) {
        const found = frames.find((frame) => frame['request_id'] === requestId);
        if (found) return found;
        await once(socket, 'message');
      }
    },
  };
}

describe('commands', () => {
  it('that only read, and were lost with their socket, are sent again on the next', async () => {
    const proxy = await FaultProxy.start(twinlane.url);
    const client = new TwinlaneClient({ server: proxy.url, token: TOKEN, WebSocket, limits: { backoffFirstMs: 1 } });
    const [environment] = await client.environments();
    const behind = await client.attach(environment?.id ?? '');
    for (const direction of ['up', 'down'] as const) {
      const lost = proxy.log.of('swallowed').length + 1;
      proxy.now({ do: 'half-open', direction }, { path: /ws$/ });
      const read = behind.command('read_file', { path: 'a.txt' });
      await proxy.log.seen('swallowed', '', lost);
      proxy.now({ do: 'cut' });
      expect(await read).toMatchObject({ content: 'hello world\nneedle here\n' });
    }
    behind.close();
    await proxy.stop();
  });

  it('C11 of an unknown type, or with a missing or wrong field, get one error answer that names it', async () => {
    await expect(attachment.command('frobnicate', {})).rejects.toMatchObject({
      code: 'COMMAND_UNKNOWN',
      message: expect.stringContaining('frobnicate'),
    });
    await expect(attachment.command('read_file', {} as never)).rejects.toMatchObject({
      code: 'COMMAND_INVALID',
      message: expect.stringContaining('path'),
    });
    await expect(attachment.command('get_tree', { path: '.', depth: 'two' } as never)).rejects.toMatchObject({
      message: expect.stringContaining('depth'),
    });
    await expect(
      attachment.command('input', { runtime: attachment.runtime, payload: { kind: 'create_message' } } as never),
    ).rejects.toMatchObject({
      code: 'COMMAND_INVALID',
      message: expect.stringContaining('messages'),
    });
    const stock = await rawClient();
    stock.send({ type: 'frobnicate', request_id: 'q1' });
    expect(await stock.answer('q1')).toMatchObject({
      type: 'frobnicate_response',
      success: false,
      error_code: 'COMMAND_UNKNOWN',
    });
    await expect(attachment.command('read_file', { path: 'none' })).rejects.toMatchObject({
      code: 'COMMAND_FAILED',
      message: expect.stringContaining('ENOENT'),
    });
    stock.close();
  });

  it('C27 of two clients with the same request_id are answered each to its own', async () => {
    await writeFile(path.join(twinlane.workspace, 'b.txt'), 'other');
    const [one, two] = [await rawClient(), await rawClient()];
    one.send({ type: 'read_file', request_id: 'same', path: 'a.txt' });
    two.send({ type: 'read_file', request_id: 'same', path: 'b.txt' });
    expect(await one.answer('same')).toMatchObject({ path: 'a.txt', content: 'hello world\nneedle here\n' });
    expect(await two.answer('same')).toMatchObject({ path: 'b.txt', content: 'other' });
    // A round trip on each, after which anything astray would have arrived.
    for (const client of [one, two]) {
      client.send({ type: 'app_server_info', request_id: 'last' });
      await client.answer('last');
      expect(client.frames.filter((frame) => frame['type'] === 'read_file_response')).toHaveLength(1);
      client.close();
    }
  });

  it('C28 that ask for a file are answered to the asker alone', async () => {
    const [asker, other] = [await rawClient(), await rawClient()];
    asker.send({ type: 'read_file', request_id: 'secret', path: 'a.txt' });
    expect(await asker.answer('secret')).toMatchObject({ success: true });
    other.send({ type: 'app_server_info', request_id: 'last' });
    await other.answer('last');
    expect(other.frames.map((frame) => frame['type'])).toEqual(['app_server_info_response']);
    asker.close();
    other.close();
  });

  it('C35 never reach beyond the workspace, by .., an absolute path or a symbolic link', async () => {
    const outside = path.join(tmpdir(), `twinlane-outside-${process.pid}`);
    await mkdir(outside, { recursive: true });
    await writeFile(path.join(outside, 'secret'), 'secret');
    await symlink(outside, path.join(twinlane.workspace, 'link'));
    await symlink(path.join(outside, 'new'), path.join(twinlane.workspace, 'dangling'));
    for (const wanted of [
      '../x',
      '/etc/passwd',
      'link/secret',
      'a.txt/../../x',
      'dangling',
      `${twinlane.workspace}-sibling/x`,
    ]) {
      for (const [type, fields] of [
        ['read_file', { path: wanted }],
        ['write_file', { path: wanted, content: 'x' }],
        ['edit_file', { file_path: wanted, old_string: 'a', new_string: 'b' }],
        ['list_in_directory', { path: wanted }],
        ['get_tree', { path: wanted, depth: 1 }],
      ] as const) {
        await expect(attachment.command<string>(type, fields), `${type} ${wanted}`).rejects.toMatchObject({
          code: 'PATH_REFUSED',
        });
      }
    }
    await expect(attachment.command('runtime_start', { agent_id: null, cwd: '..' })).rejects.toMatchObject({
      code: 'PATH_REFUSED',
    });
    expect(await readFile(path.join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  it('read, write and edit files of the workspace', async () => {
    expect(await attachment.command('list_in_directory', { path: '.', include_files: true })).toMatchObject({
      files: ['a.txt'],
      folders: [],
      hasMore: false,
      total: 1,
    });
    expect(await attachment.command('write_file', { path: 'sub/new.txt', content: 'one\ntwo\n' })).toMatchObject({
      success: true,
    });
    expect(
      await attachment.command('edit_file', { file_path: 'sub/new.txt', old_string: 'two', new_string: 'deux' }),
    ).toMatchObject({ replacements: 1, start_line: 2 });
    expect(await attachment.command('read_file', { path: 'sub/new.txt' })).toMatchObject({
      content: 'one\ndeux\n',
      encoding: 'utf8',
    });
    expect(await attachment.command('get_tree', { path: '.', depth: 2 })).toMatchObject({
      entries: [
        { path: 'sub', type: 'dir' },
        { path: 'a.txt', type: 'file' },
        { path: 'sub/new.txt', type: 'file' },
      ],
      has_more_depth: false,
    });
  });
});

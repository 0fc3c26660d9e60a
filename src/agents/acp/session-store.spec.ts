import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Runtime } from '../../protocol/index.js';
import { SessionStore } from './session-store.js';

const runtime = (id: string): Runtime => ({ agent_id: null, conversation_id: id });

let folder: string;
let warnings: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'twinlane-sessions-'));
  warnings = [];
  vi.spyOn(Logger.prototype, 'warn').mockImplementation((text: unknown) => void warnings.push(String(text)));
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true, force: true });
});

describe('SessionStore', () => {
  it('keeps the session of each runtime for the next process, for this account alone', async () => {
    const store = new SessionStore(path.join(folder, 'new'), 'agent', 10);
    store.set(runtime('a'), 'session-1');
    store.set(runtime('a'), 'session-2');
    expect(new SessionStore(path.join(folder, 'new'), 'agent', 10).get(runtime('a'))).toBe('session-2');
    expect(new SessionStore(path.join(folder, 'new'), 'agent', 10).get(runtime('b'))).toBeUndefined();
    expect((await stat(path.join(folder, 'new/acp-sessions.json'))).mode & 0o077).toBe(0);
  });

  it('does not hand the sessions of one agent to another', () => {
    new SessionStore(folder, 'agent', 10).set(runtime('a'), 'session-1');
    expect(new SessionStore(folder, 'other agent', 10).get(runtime('a'))).toBeUndefined();
  });

  it('forgets what was set longest ago', () => {
    const store = new SessionStore(folder, 'agent', 2);
    for (const id of ['a', 'b', 'c']) store.set(runtime(id), `session-${id}`);
    expect(['a', 'b', 'c'].map((id) => store.get(runtime(id)))).toEqual([undefined, 'session-b', 'session-c']);
  });

  it.each(['', 'no json', '[]', '{"command":"agent","sessions":7}', '{"command":"agent","sessions":{"x":1}}'])(
    'goes on without the sessions of a file that holds %j',
    async (content) => {
      await writeFile(path.join(folder, 'acp-sessions.json'), content);
      const store = new SessionStore(folder, 'agent', 10);
      expect(store.get(runtime('a'))).toBeUndefined();
      store.set(runtime('a'), 'session-1');
      expect(JSON.parse(await readFile(path.join(folder, 'acp-sessions.json'), 'utf8'))).toMatchObject({
        command: 'agent',
      });
    },
  );

  it('goes on in memory where nothing can be written, and says so', () => {
    const store = new SessionStore('/dev/null/nowhere', 'agent', 10);
    store.set(runtime('a'), 'session-1');
    expect(store.get(runtime('a'))).toBe('session-1');
    expect(warnings.join('\n')).toContain('cannot be written');
  });
});

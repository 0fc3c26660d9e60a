import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { CLIENT_ERROR_CODES } from '../src/client/index.js';
import type { Runtime } from '../src/protocol/index.js';
import { TOKEN, Twinlane } from './kit/twinlane.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXAMPLES = path.join(ROOT, 'docs/examples/client');

let twinlane: Twinlane;
beforeAll(async () => {
  twinlane = await Twinlane.start();
});
afterAll(() => twinlane.close());

/** Runs an example as people do, against the built library. @returns what it printed */
async function run(example: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(EXAMPLES, example)], {
    env: { ...process.env, TWINLANE_SERVER: twinlane.url, TWINLANE_TOKEN: TOKEN },
  });
  return stdout.replaceAll('\r', '');
}

describe('the examples of docs/client.md', () => {
  it('turn.mjs runs a turn', async () => {
    expect(await run('turn.mjs')).toBe(`hello from ${path.basename(twinlane.workspace)}\nended: end_turn\n`);
  });

  it('approvals.mjs answers what it is asked', async () => {
    const printed = await run('approvals.mjs');
    expect(printed).toMatch(/^asked: .*echo approved.*\nresolved: allow\nended: end_turn\n$/);
  });

  it('history.mjs shows a conversation that is over', async () => {
    const attachment = await twinlane.attach();
    for await (const _event of await attachment.turn('echo old'));
    attachment.close();
    const printed = await run('history.mjs');
    expect(printed).toContain(`${attachment.runtime?.conversation_id}: `);
    expect(printed).toMatch(/\d+ tool_return_message\n/);
  });

  it('files.mjs writes, edits and reads, and is told why not', async () => {
    expect(await run('files.mjs')).toMatch(/^1 replaced: buy bread\nread_file: [A-Z_]+\n$/);
  });

  it('terminal.mjs types and reads', async () => {
    const printed = await run('terminal.mjs');
    expect(printed).toContain('hello Ada\n');
    expect(printed).toMatch(/exit code: 0\n$/);
  });

  it('watch.mjs sees environments and its own connection', async () => {
    expect(await run('watch.mjs')).toMatch(/^appeared: laptop\n(open: control open, stream open\n)+control answers\n$/);
  });

  it('page.js follows a conversation in a page until it is left', async () => {
    const attachment = await twinlane.attach();
    for await (const _event of await attachment.turn('echo shown'));
    const { runtime } = attachment;
    const [environment] = await twinlane.client().environments();
    vi.stubGlobal('location', { origin: twinlane.url });
    vi.stubGlobal('WebSocket', WebSocket);
    try {
      const { follow } = (await import(path.join(EXAMPLES, 'page.js'))) as {
        follow(
          token: string,
          id: unknown,
          of: unknown,
          show: (text: string) => void,
          leaving: AbortSignal,
        ): Promise<void>;
      };
      const leaving = new AbortController();
      const shown: string[] = [];
      const show = (text: string): void => {
        shown.push(text);
        leaving.abort();
      };
      await follow(TOKEN, environment?.id, runtime satisfies Runtime | undefined, show, leaving.signal);
      expect(shown).toEqual(['shown\n']);
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe('docs/client.md', () => {
  it('shows each example as it is run here', async () => {
    const page = await readFile(path.join(ROOT, 'docs/client.md'), 'utf8');
    for (const name of await readdir(EXAMPLES)) {
      const code = await readFile(path.join(EXAMPLES, name), 'utf8');
      expect(page).toContain(`(examples/client/${name})\n\n\`\`\`js\n${code}\`\`\`\n`);
    }
  });

  it('lists each code of the library’s own', async () => {
    const page = await readFile(path.join(ROOT, 'docs/client.md'), 'utf8');
    for (const [code, meaning] of Object.entries(CLIENT_ERROR_CODES))
      expect(page).toContain(`| \`${code}\` | ${meaning} |`);
  });
});

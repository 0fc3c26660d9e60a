import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { relayWithAccounts } from '../docs/examples/accounts.js';
import { Builds, BuildsModule } from '../docs/examples/builds.module.js';
import { oneSocketListener } from '../docs/examples/one-socket.js';
import { TeamModule } from '../docs/examples/team.module.js';
import { type Attachment, isEvent, TwinlaneClient } from '../src/client/index.js';
import { installRelay, LINK_MONITOR, type LinkMonitor } from '../src/index.js';
import { temporaryDirectory } from './kit/cli.js';
import { FakeServer } from './kit/fake-server.js';
import { SILENT } from './kit/silent-logger.js';
import { onlineEnvironment, startRelay, TOKEN, urlOf } from './kit/twinlane.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IDENTITY = { deviceId: 'device-1', connectionName: 'team' };

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function relay(): Promise<string> {
  const app = await startRelay();
  cleanUps.push(() => app.close());
  return urlOf(app);
}

/** A listener, once it is online. */
async function online(module: DynamicModule): Promise<INestApplicationContext> {
  const app = await Test.createTestingModule({ imports: [module] })
    .setLogger(SILENT)
    .compile();
  await app.init();
  cleanUps.push(() => app.close());
  for await (const { phase } of app.get<LinkMonitor>(LINK_MONITOR, { strict: false }).states())
    if (phase === 'ready') break;
  return app;
}

async function attach(server: string, token = TOKEN): Promise<Attachment> {
  const client = new TwinlaneClient({ server, token, WebSocket });
  const attachment = await client.attach(await onlineEnvironment(client));
  cleanUps.push(async () => attachment.close());
  await attachment.runtimeStart({ agent_id: null });
  return attachment;
}

describe('the examples of docs/extending.md', () => {
  it('team.module.ts adds one command and one agent in under 60 lines', async () => {
    const server = await relay();
    await online(TeamModule.forRoot({ server, token: TOKEN, ...IDENTITY, mode: 'unrestricted' }));
    const attachment = await attach(server);
    const answer = await attachment.command<string>('greet', { name: 'Ada' });
    expect(answer).toMatchObject({ greeting: 'Hello, Ada', root: process.cwd() });
    await expect(attachment.command<string>('greet', {})).rejects.toMatchObject({ code: 'COMMAND_INVALID' });
    const said: unknown[] = [];
    for await (const event of await attachment.turn('hi'))
      if (isEvent(event, 'stream_delta') && event.delta.message_type === 'assistant_message')
        said.push(event.delta['content']);
    expect(said).toEqual(['echo: hi']);
    const text = await readFile(path.join(ROOT, 'docs/examples/team.module.ts'), 'utf8');
    expect(text.split('\n').length).toBeLessThan(60);
  });

  it('builds.module.ts sends on STREAM_CLIENT, and overrides the type map for an event of its own', async () => {
    const server = await FakeServer.start({ capabilities: { supportsSplitStatusChannels: true } });
    cleanUps.push(() => server.stop());
    const app = await online(BuildsModule.forRoot({ server: server.url, token: TOKEN, ...IDENTITY }));
    app.get(Builds).progress(40);
    app.get(Builds).finished(true, { agent_id: null, conversation_id: 'c1' });
    await server.until(() => server.of('build_finished').length > 0 && server.of('build_progress').length > 0);
    expect(server.of('build_progress')).toEqual([
      { channel: 'stream', frame: { type: 'build_progress', percent: 40 } },
    ]);
    expect(server.of('build_finished')).toMatchObject([{ channel: 'stream', frame: { ok: true, event_seq: 1 } }]);
  });

  it('builds.module.ts: clients see the event, and isEvent knows it', async () => {
    const server = await relay();
    const app = await online(BuildsModule.forRoot({ server, token: TOKEN, ...IDENTITY }));
    const attachment = await attach(server);
    const { runtime } = attachment;
    if (!runtime) throw new Error('no runtime was started');
    const events = attachment.events()[Symbol.asyncIterator]();
    app.get(Builds).finished(true, runtime);
    for (;;) {
      const { value } = await events.next();
      if (value && isEvent(value, 'build_finished')) {
        expect(value.ok).toBe(true);
        return;
      }
    }
  });

  it('one-socket.ts replaces LINK_FACTORY and TOKEN_SOURCE', async () => {
    const server = await relay();
    const directory = await temporaryDirectory();
    cleanUps.push(() => directory.remove());
    const file = path.join(directory.path, 'token');
    await writeFile(file, `${TOKEN}\n`);
    const app = await online(oneSocketListener({ server, ...IDENTITY, mode: 'unrestricted' }, file));
    expect(app.get<LinkMonitor>(LINK_MONITOR, { strict: false }).current.link?.kind).toBe('legacy');
    const types: string[] = [];
    for await (const event of await (await attach(server)).turn('true')) types.push(event.type);
    expect(types.at(-1)).toBe('turn_finished');
  });

  it('accounts.ts replaces who is let in', async () => {
    const accounts = [{ token: 'a-token-of-ada', mayApprove: true }];
    const module = await Test.createTestingModule({ imports: [relayWithAccounts(accounts)] })
      .setLogger(SILENT)
      .compile();
    const app = module.createNestApplication<NestExpressApplication>();
    installRelay(app);
    await app.listen(0, '127.0.0.1');
    cleanUps.push(() => app.close());
    const ada = new TwinlaneClient({ server: urlOf(app), token: 'a-token-of-ada', WebSocket });
    expect(await ada.environments()).toEqual([]);
    const stranger = new TwinlaneClient({ server: urlOf(app), token: 'somebody-else', WebSocket });
    await expect(stranger.environments()).rejects.toThrow(/token/i);
  });

  it('all of them are named there', async () => {
    const text = await readFile(path.join(ROOT, 'docs/extending.md'), 'utf8');
    const files = (await readdir(path.join(ROOT, 'docs/examples'))).filter((name) => name.endsWith('.ts'));
    for (const file of files) expect(text).toContain(`examples/${file}`);
  });
});

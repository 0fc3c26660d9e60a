import type { INestApplicationContext } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { WebSocket } from 'ws';
import { TwinlaneClient } from '../../src/client/index.js';
import { openBrowser } from '../browser/kit/open-browser.js';
import { WatchedPage } from '../browser/kit/watched-page.js';
import { startListener, startRelay, TOKEN, urlOf } from '../kit/twinlane.js';
import { makeDemoWorkspace, writeDemoFiles } from './demo-workspace.js';

/** Where the pictures say that they were taken: a name that stands for any relay. */
const HOST = 'relay.example';
const AGENT = fileURLToPath(new URL('demo-agent.mjs', import.meta.url));
/** What a person's own shell shows, and nothing of the machine that it runs on. */
const SHELL_START = "PS1='\\[\\e[36m\\]ada@laptop\\[\\e[0m\\]:\\w$ '\nHISTFILE=\n";

/** A relay with a few environments, and browsers in front of it: the same whenever and wherever it is made. */
export class DemoWorld {
  private readonly pages: WatchedPage[] = [];

  private constructor(
    private readonly home: string,
    private readonly relay: NestExpressApplication,
    private readonly listeners: readonly INestApplicationContext[],
    private readonly browser: Browser,
  ) {}

  static async start(): Promise<DemoWorld> {
    const home = path.join(await realpath(tmpdir()), 'ada');
    // Its name is in the pictures, so it is always the same one; somebody else's is not touched.
    await mkdir(home).catch((error: unknown) => {
      throw new Error(`${home} is where the demo lives: remove it, and run this again.`, { cause: error });
    });
    await makeDemoWorkspace(path.join(home, 'shop'));
    for (const name of ['website', 'garden']) await mkdir(path.join(home, name));
    await writeFile(path.join(home, '.bashrc'), SHELL_START);
    Object.assign(process.env, { HOME: home, SHELL: '/bin/bash', DEMO_WORD_MS: '25' });
    const relay = await startRelay();
    const server = urlOf(relay);
    const common = { server, mode: 'standard' } as const;
    const acp = { command: `"${process.execPath}" "${AGENT}"`, env: ['DEMO_WORD_MS'] };
    const listener = (connectionName: string, folder: string) =>
      startListener({
        ...common,
        agent: 'acp',
        acp,
        deviceId: connectionName,
        connectionName,
        workspace: path.join(home, folder),
      });
    const listeners = [await listener('work-laptop', 'shop'), await listener('build-machine', 'website')];
    const gone = await listener('greenhouse-pi', 'garden');
    await gone.close();
    const { port } = new URL(server);
    const browser = await openBrowser({
      args: [
        `--host-resolver-rules=MAP ${HOST} 127.0.0.1:${port}`,
        `--unsafely-treat-insecure-origin-as-secure=http://${HOST}`,
      ],
      env: { ...process.env, ...(await calmFonts(home)) },
    });
    return new DemoWorld(home, relay, listeners, browser);
  }

  get url(): string {
    return `http://${HOST}`;
  }

  client(): TwinlaneClient {
    return new TwinlaneClient({ server: urlOf(this.relay), token: TOKEN, WebSocket });
  }

  /** Signed in, in front of the environments. */
  async visitor(options: BrowserContextOptions): Promise<WatchedPage> {
    const visitor = await WatchedPage.open(this.browser, { locale: 'en-GB', timezoneId: 'UTC', ...options });
    this.pages.push(visitor);
    await visitor.page.goto(`${this.url}/#token=${TOKEN}`);
    await visitor.page.getByRole('link', { name: /work-laptop/ }).waitFor();
    return visitor;
  }

  /** The environment that the pictures are of. */
  async shop(): Promise<string> {
    const [environment] = (await this.client().environments()).filter((one) => one.connectionName === 'work-laptop');
    if (!environment) throw new Error('The listener of the shop is not there.');
    return environment.id;
  }

  /** As it was before anybody mended it. */
  async resetShop(): Promise<void> {
    await writeDemoFiles(path.join(this.home, 'shop'));
  }

  async close(): Promise<void> {
    await Promise.all(this.pages.map((page) => page.close()));
    await this.browser.close();
    for (const listener of this.listeners) await listener.close();
    await this.relay.close();
    await rm(this.home, { recursive: true, force: true });
  }
}

/** Where a desktop has a font of its own, a machine without one has whatever comes first. */
async function calmFonts(home: string): Promise<Record<string, string>> {
  const file = path.join(home, '.fonts.conf');
  const prefer = (family: string, name: string) =>
    `<match><test name="family"><string>${family}</string></test><edit name="family" mode="prepend" binding="strong"><string>${name}</string></edit></match>`;
  await writeFile(
    file,
    `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>${['system-ui', 'sans-serif', 'sans'].map((family) => prefer(family, 'Liberation Sans')).join('')}</fontconfig>`,
  );
  return { FONTCONFIG_FILE: file };
}

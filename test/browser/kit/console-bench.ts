import type { Browser, BrowserContextOptions } from 'playwright-core';
import type { RegistrationRequest, RegistrationResponse } from '../../../src/protocol/index.js';
import { TOKEN, Twinlane, type TwinlaneOptions } from '../../kit/twinlane.js';
import { openBrowser } from './open-browser.js';
import { DESK, WatchedPage } from './watched-page.js';

/** A relay with the built console, a listener of it with the shell agent, and browsers of as many people as wanted. */
export class ConsoleBench {
  private pages: WatchedPage[] = [];

  private constructor(
    readonly twinlane: Twinlane,
    private readonly browser: Browser,
  ) {}

  static async start(options: TwinlaneOptions = {}): Promise<ConsoleBench> {
    const browser = await openBrowser();
    try {
      return new ConsoleBench(await Twinlane.start(options), browser);
    } catch (error) {
      await browser.close();
      throw error;
    }
  }

  get url(): string {
    return this.twinlane.url;
  }

  /** The link that `npm start` prints. */
  link(token = TOKEN): string {
    return `${this.url}/#token=${token}`;
  }

  /** A listener that a test plays itself registers. @param request with what `RegistrationRequest` needs */
  async register(request: RegistrationRequest): Promise<RegistrationResponse> {
    return this.ask<RegistrationResponse>('/v1/environments/register', request);
  }

  /** A request of the operator. */
  async ask<T>(path: string, body: object = {}): Promise<T> {
    const response = await fetch(`${this.url}${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as T;
  }

  /** A browser of somebody who has never been here. */
  async visitor(options: BrowserContextOptions = DESK): Promise<WatchedPage> {
    const page = await WatchedPage.open(this.browser, options);
    this.pages.push(page);
    return page;
  }

  /** The same, signed in, in front of the list of environments. */
  async signedIn(options: BrowserContextOptions = DESK, token = TOKEN): Promise<WatchedPage> {
    const visitor = await this.visitor(options);
    await visitor.page.goto(this.link(token));
    await visitor.page.getByRole('heading', { name: 'Environments' }).waitFor();
    return visitor;
  }

  /** Whoever was here leaves. After each test: pages that nobody looks at any more take the processor from the next. */
  async leave(): Promise<void> {
    const { pages } = this;
    this.pages = [];
    await Promise.all(pages.map((page) => page.close()));
  }

  async close(): Promise<void> {
    await this.leave();
    await this.browser.close();
    await this.twinlane.close();
  }
}

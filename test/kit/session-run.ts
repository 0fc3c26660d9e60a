import type { Clock } from '../../src/protocol/index.js';
import { Captured, CliRun } from './cli.js';
import { FAKE_TOKEN, type FakeClientRelay } from './fake-client-relay.js';
import { rendered } from './screen.js';

/** What a session runs against. */
export interface SessionPlace {
  readonly relay: FakeClientRelay;
  /** Its data directory. */
  readonly data: string;
  readonly clock?: Clock;
}

/** A session at a terminal, in this process, with a fake relay. */
export class SessionRun extends CliRun {
  private readonly written: Captured;

  constructor({ relay, data, clock }: SessionPlace, ...args: string[]) {
    const stdout = Object.assign(new Captured(), { isTTY: true });
    const env = { TWINLANE_SERVER: relay.url, TWINLANE_TOKEN: FAKE_TOKEN, TWINLANE_DATA_DIR: data };
    super(['attach', ...args], { env, tty: true, stdout, ...(clock ? { clock } : {}) });
    this.written = stdout;
  }

  get screen(): string {
    // A terminal's driver returns the carriage at the end of a line.
    return rendered(this.out.replaceAll('\n', '\r\n'));
  }

  type(keys: string): void {
    this.stdin.write(keys);
  }

  /** Waits until the screen holds something. */
  async shows(part: string): Promise<void> {
    await this.holds((screen) => screen.includes(part));
  }

  /** Waits until the screen is as it should be. */
  async holds(isIt: (screen: string) => boolean): Promise<void> {
    await this.written.holds(() => isIt(this.screen));
  }
}

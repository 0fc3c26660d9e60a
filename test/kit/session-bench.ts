import { AttachBench } from './attach-bench.js';
import type { FakeClientRelay } from './fake-client-relay.js';
import type { SessionRun } from './session-run.js';

const CTRL_D = '\u0004';

/** A session at its first prompt, in a conversation of a fake relay. */
export class SessionBench {
  private constructor(
    private readonly attach: AttachBench,
    readonly run: SessionRun,
  ) {}

  static async start(): Promise<SessionBench> {
    const attach = await AttachBench.start();
    return new SessionBench(attach, await attach.session());
  }

  get relay(): FakeClientRelay {
    return this.attach.relay;
  }

  /** Leaves the session, where the test has not. */
  async stop(): Promise<void> {
    this.run.type(CTRL_D);
    await this.run.exit;
    await this.attach.stop();
  }

  /** The device tells its status, and the prompt shows that it was heard. */
  async hasStatus(fields: object = {}): Promise<void> {
    const device_status = { current_working_directory: '/w', current_permission_mode: 'standard', ...fields };
    this.relay.emit('update_device_status', { device_status });
    await this.run.shows('laptop:/w [ready]>');
  }

  answers(type: string, fields: object): void {
    this.relay.scripts[type] = (command) => this.relay.answer(command, { success: true, ...fields });
  }

  refuses(type: string, error: string, error_code = 'COMMAND_FAILED'): void {
    this.relay.scripts[type] = (command) => this.relay.answer(command, { success: false, error, error_code });
  }
}

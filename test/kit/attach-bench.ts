import { CliRun, temporaryDirectory } from './cli.js';
import {
  environmentRecord,
  FAKE_RUNTIME,
  FAKE_TOKEN,
  FakeClientRelay,
  loopStatus,
  messageIdsOf,
} from './fake-client-relay.js';
import type { ManualClock } from './manual-clock.js';
import { SessionRun } from './session-run.js';
import { SYSTEM_CLOCK, type Clock, type Frame } from '../../src/protocol/index.js';

type Presence = 'linked' | 'away' | 'offline';

/** `twinlane attach` against a fake relay, and the turns that its device pretends to run. */
export class AttachBench {
  /** Of the sessions that begin from now on. */
  clock: Clock = SYSTEM_CLOCK;

  private constructor(
    readonly relay: FakeClientRelay,
    readonly data: { readonly path: string; remove(): Promise<void> },
  ) {
    relay.scripts['runtime_start'] = (command) => relay.answer(command, { success: true, runtime: FAKE_RUNTIME });
  }

  static async start(): Promise<AttachBench> {
    return new AttachBench(await FakeClientRelay.start(), await temporaryDirectory());
  }

  async stop(): Promise<void> {
    await this.relay.stop();
    await this.data.remove();
  }

  attach(args: readonly string[], options: ConstructorParameters<typeof CliRun>[1] = {}): CliRun {
    const { relay, data } = this;
    const place = { TWINLANE_SERVER: relay.url, TWINLANE_TOKEN: FAKE_TOKEN, TWINLANE_DATA_DIR: data.path };
    return new CliRun(['attach', ...args], { ...options, env: { ...place, ...options.env } });
  }

  /** A session at its first prompt. */
  async session(...args: string[]): Promise<SessionRun> {
    const { relay, data, clock } = this;
    const run = new SessionRun({ relay, data: data.path, clock }, ...args);
    await run.shows('laptop:/home/me/project [ready]>');
    return run;
  }

  /** Starts the turn of an input. */
  readonly begin = (input: Frame): void => {
    this.relay.answer(input, { accepted: true, disposition: 'started' });
    this.relay.emit('update_loop_status', loopStatus('EXECUTING_CLIENT_SIDE_TOOL', 'run-1', messageIdsOf(input)[0]));
  };

  /** The command of the turn has ended. */
  exit(exit_code: number | null, fields: object = {}): void {
    const status = exit_code === 0 ? 'success' : 'error';
    const ended = { message_type: 'tool_return_message', id: 'message-1', run_id: 'run-1', status, exit_code };
    this.relay.emit('stream_delta', { delta: { ...ended, tool_return: '', ...fields } });
  }

  finish(stop_reason = 'end_turn', fields: object = {}): void {
    this.relay.emit('update_loop_status', loopStatus('WAITING_ON_INPUT'));
    this.relay.emit('turn_finished', { turn_id: 'turn-1', stop_reason, run_id: 'run-1', ...fields });
  }

  ask(command = 'ls -la'): void {
    const cwd = '/work place';
    const tool = { subtype: 'can_use_tool', tool_name: 'shell', tool_call_id: 'call-1', input: { command, cwd } };
    const request = { ...tool, permission_suggestions: [], blocked_path: null };
    this.relay.emit('control_request', { request_id: 'approval-1', request });
  }

  /** Each turn asks, and runs `then` or ends as denied. */
  asksFirst(command: string, then: () => void): void {
    this.relay.scripts['input'] = (input) => {
      const payload = input['payload'] as { kind: string; decision?: { behavior: string; message?: string } };
      if (payload.kind === 'create_message') {
        this.begin(input);
        return this.ask(command);
      }
      this.relay.answer(input, { accepted: true });
      this.relay.emit('control_request_resolved', { request_id: 'approval-1', outcome: payload.decision?.behavior });
      if (payload.decision?.behavior === 'allow') return then();
      this.exit(null, { tool_return: payload.decision?.message });
      this.finish('denied', { error: payload.decision?.message });
    };
  }

  /** What the relay says of the environment from now on. */
  listenerIs(presence: Presence): void {
    const record = environmentRecord('env-1', 'laptop', presence !== 'offline');
    this.relay.environments = [{ ...record, awaySince: presence === 'away' ? 1_000 : null }];
  }

  /** Moves time on so that the client asks, and hears this. */
  async clockSees(clock: ManualClock, presence: Presence): Promise<void> {
    this.listenerIs(presence);
    const { looks } = this.relay;
    await clock.advance(5_000);
    await this.relay.seen(() => this.relay.looks > looks);
  }
}

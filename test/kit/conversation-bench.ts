import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Logger } from '@nestjs/common';
import type { TurnEnd } from '../../src/agents/index.js';
import { Conversation } from '../../src/conversations/conversation.js';
import { ConversationError } from '../../src/conversations/conversation.error.js';
import { ConversationsOptions } from '../../src/conversations/conversations.options.js';
import { MemoryInputLedger } from '../../src/conversations/memory-input-ledger.js';
import { Permissions, PermissionsOptions } from '../../src/permissions/index.js';
import { Workspace } from '../../src/workspace/index.js';
import { READY_LINK } from './device-rooms.js';
import { ManualClock } from './manual-clock.js';
import { PuppetAgent } from './puppet-agent.js';
import { type Recorded, RecordingEmitter } from './recording-emitter.js';

export const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conv-1' };
export const DONE: TurnEnd = { stopReason: 'end_turn' };
export const QUESTION = { tool_name: 'shell', tool_call_id: 'call-1', input: { command: 'ls' } };

/** A conversation with an agent that the test steers, on a clock of the test's own. */
export class ConversationBench {
  readonly emitter = new RecordingEmitter();
  readonly agent = new PuppetAgent();
  readonly clock = new ManualClock();

  /** @param root the workspace */
  private constructor(readonly root: string) {}

  static async open(): Promise<ConversationBench> {
    Logger.overrideLogger(false);
    return new ConversationBench(await mkdtemp(path.join(os.tmpdir(), 'twinlane-conversation-')));
  }

  start(given: Partial<ConversationsOptions> = {}): Conversation {
    const options = Object.assign(new ConversationsOptions(), { connectionName: 'test' }, given);
    return new Conversation(RUNTIME, {
      agent: this.agent,
      emitter: this.emitter.service,
      links: READY_LINK,
      workspace: new Workspace(this.root),
      permissions: new Permissions(new PermissionsOptions()),
      clock: this.clock,
      ledger: new MemoryInputLedger(options.maxRememberedIds),
      options,
    });
  }

  /** What was emitted in short: types, with what tells them apart. */
  story(): string[] {
    return this.emitter.recorded.map((frame) => {
      switch (frame.type) {
        case 'stream_delta':
          return `delta ${(frame['delta'] as { message_type: string }).message_type}`;
        case 'update_loop_status':
          return `loop ${loopOf(frame)}`;
        case 'update_device_status':
          return (frame['device_status'] as { is_processing: boolean }).is_processing ? 'device busy' : 'device free';
        case 'control_request_resolved':
          return `resolved ${String(frame['outcome'])}`;
        default:
          return frame.type;
      }
    });
  }

  /** Stop reasons of the turns that have finished. */
  finished(): unknown[] {
    return this.emitter.ofType('turn_finished').map((frame) => frame['stop_reason']);
  }

  /** Those that were emitted as deltas. */
  stopReasons(): unknown[] {
    const isReason = ({ message_type }: { readonly message_type: string }): boolean => message_type === 'stop_reason';
    return this.emitter.deltas().flatMap((delta) => (isReason(delta) ? [delta['stop_reason']] : []));
  }

  async close(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}

export const message = (content: string, client_message_id = content) => ({ role: 'user', content, client_message_id });

/** The code of the error that it throws. */
export function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return error instanceof ConversationError ? error.code : String(error);
  }
  return undefined;
}

const loopOf = (frame: Recorded): string => (frame['loop_status'] as { status: string }).status;

import { mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { agentProviders, SHELL_OPTIONS } from '../../src/agents/index.js';
import { COMMANDS_OPTIONS, CommandDispatcher, commandProviders } from '../../src/commands/index.js';
import { CLOCK } from '../../src/config/index.js';
import { conversationProviders, CONVERSATIONS_OPTIONS, ConversationsService } from '../../src/conversations/index.js';
import { JOURNAL, ProtocolEmitterService } from '../../src/emitter/index.js';
import { MemoryJournal } from '../../src/journal/index.js';
import { MetricsModule } from '../../src/observability/index.js';
import { PERMISSIONS_OPTIONS, permissionsProviders } from '../../src/permissions/index.js';
import { type Clock, type Frame, type Runtime, SYSTEM_CLOCK } from '../../src/protocol/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../../src/transport/index.js';
import { Workspace } from '../../src/workspace/index.js';
import { type Recorded, RecordingEmitter } from './recording-emitter.js';

export interface DeviceRoomsSetup {
  readonly conversations?: object;
  readonly permissions?: object;
  readonly commands?: object;
  readonly shell?: object;
  readonly providers?: Provider[];
  readonly clock?: Clock;
  readonly links?: LinkMonitor;
}

/** A link that is ready and stays so. */
export const READY_LINK: LinkMonitor = {
  current: { phase: 'ready', connectionId: 'conn-1', link: { kind: 'split', resumable: false } },
  async *states() {
    yield this.current;
  },
};

/** The rooms behind the dispatcher, on a real directory, with an emitter that records. */
export interface DeviceRooms {
  readonly root: string;
  readonly emitter: RecordingEmitter;
  readonly dispatcher: CommandDispatcher;
  readonly conversations: ConversationsService;
  /** Dispatches a command and resolves with its answer. */
  ask(frame: Frame): Promise<Recorded>;
  /** Sends a text to a runtime; resolves with `input_accepted`. */
  input(runtime: Runtime, text: string): Promise<Recorded>;
  close(): Promise<void>;
}

export async function startDeviceRooms(setup: DeviceRoomsSetup = {}): Promise<DeviceRooms> {
  const root = await realpath(await mkdtemp(path.join(os.tmpdir(), 'twinlane-')));
  const emitter = new RecordingEmitter();
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule, MetricsModule],
    providers: [
      ...permissionsProviders,
      ...agentProviders,
      ...conversationProviders,
      ...commandProviders,
      { provide: ProtocolEmitterService, useValue: emitter.service },
      { provide: JOURNAL, useValue: new MemoryJournal() },
      { provide: LINK_MONITOR, useValue: setup.links ?? READY_LINK },
      { provide: CLOCK, useValue: setup.clock ?? SYSTEM_CLOCK },
      { provide: Workspace, useValue: new Workspace(root) },
      { provide: SHELL_OPTIONS, useValue: setup.shell ?? {} },
      { provide: CONVERSATIONS_OPTIONS, useValue: { connectionName: 'test', ...setup.conversations } },
      { provide: PERMISSIONS_OPTIONS, useValue: setup.permissions ?? {} },
      { provide: COMMANDS_OPTIONS, useValue: setup.commands ?? {} },
      ...(setup.providers ?? []),
    ],
  }).compile();
  module.useLogger(false);
  await module.init();
  const dispatcher = module.get(CommandDispatcher);
  const conversations = module.get(ConversationsService);
  conversations.recover();
  let requests = 0;
  const ask = (frame: Frame): Promise<Recorded> => {
    const request_id = typeof frame['request_id'] === 'string' ? frame['request_id'] : `request-${++requests}`;
    dispatcher.dispatch({ ...frame, request_id });
    return emitter.untilAnswer(request_id);
  };
  return {
    root,
    emitter,
    dispatcher,
    conversations,
    ask,
    input: (runtime, text) =>
      ask({ type: 'input', runtime, payload: { kind: 'create_message', messages: [{ role: 'user', content: text }] } }),
    async close() {
      await conversations.shutdown(0);
      await module.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

import { encodeFrame, isAnswerType, readRuntime, TOKEN_FRAMES, type Frame } from '../../protocol/index.js';
import type { ClientRegistry } from './client-registry.js';
import type { ClientSession } from './client-session.js';
import type { DeviceOutbox } from './device-outbox.js';
import { noToolClient, type ExternalTools } from './external-tools.js';
import type { FileWatches } from './file-watches.js';
import { without } from './frame-text.js';
import type { Asker, RequestOptions } from './request.js';
import type { RequestsInFlight } from './requests-in-flight.js';
import type { RoutingObserver } from './routing-observer.js';
import { isTerminalFrame } from './terminal-frames.js';
import type { Terminals } from './terminals.js';

export interface DeviceFrameParts {
  readonly clients: ClientRegistry;
  readonly requests: RequestsInFlight;
  readonly terminals: Terminals;
  readonly watches: FileWatches<ClientSession>;
  readonly tools: ExternalTools<ClientSession>;
  readonly outbox: DeviceOutbox;
  readonly observer: RoutingObserver;
}

const NOBODY: Asker = { owner: undefined, deliver() {} };

/** Frames of the relay's own making: from a device they would be forged. */
const OWN: ReadonlySet<string> = new Set([
  'resume_gap',
  'resume_status',
  'control_request_withheld',
  // Of sockets: no token of a listener goes to clients.
  ...TOKEN_FRAMES,
]);

/** Who receives a device's frames that are no events (protocol section 4). A type that is not known goes to everybody. */
export class DeviceFrames {
  constructor(private readonly parts: DeviceFrameParts) {}

  route(received: Frame): void {
    const { clients, requests, terminals, watches, observer } = this.parts;
    const frame = without(received, 'seq');
    if (OWN.has(frame.type)) return observer.dropped('unreadable');
    if (frame.type === 'chunk') return requests.takeChunk(frame);
    if (requests.take(frame)) return;
    if (isAnswerType(frame.type)) return observer.dropped('unknown-answer');
    if (isTerminalFrame(frame)) {
      if (!terminals.take(frame)) observer.dropped('unknown-terminal');
      return;
    }
    switch (frame.type) {
      case 'file_changed':
        return this.fileChanged(frame);
      case 'file_ops':
        return this.carry(watches.concerned(frame['path']), frame);
      case 'external_tool_call_request':
        return this.callTool(frame);
      default:
        return clients.broadcast(frame, {
          runtime: readRuntime(frame['runtime']),
          approvers: frame.type === 'control_request',
        });
    }
  }

  private carry(sessions: readonly ClientSession[], frame: Frame): void {
    const text = encodeFrame(frame);
    for (const session of sessions) this.parts.clients.carry(session, frame, text);
  }

  /** A path that nobody watches any more was left by clients of an earlier relay process: the device may forget it. */
  private fileChanged(frame: Frame): void {
    const path = frame['path'];
    const watchers = this.parts.watches.watchersOf(path);
    if (watchers.length > 0) this.carry(watchers, frame);
    else if (typeof path === 'string') this.tell({ type: 'unwatch_file', path });
  }

  private callTool(frame: Frame): void {
    const client = this.parts.tools.clientOf(readRuntime(frame['runtime']));
    if (client?.isPresent) return this.carry([client], frame);
    const answer = noToolClient(frame);
    this.parts.observer.refused('NO_TOOL_CLIENT');
    this.tell(answer, { asIs: true });
  }

  /** To the device, from the relay itself. */
  private tell(frame: Frame, options: RequestOptions = {}): void {
    const bound = this.parts.requests.open(frame, encodeFrame(frame).length, NOBODY, options);
    if (bound) this.parts.outbox.send(bound);
  }
}

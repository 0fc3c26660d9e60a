import {
  encodeFrame,
  isAnswerType,
  isRecord,
  isWatching,
  readRuntime,
  requestIdOf,
  runtimeKey,
  TOKEN_FRAMES,
  type ErrorCode,
  type Frame,
} from '../../protocol/index.js';
import { WATCH_ONLY } from '../access/assert-rights.js';
import { behaviorOf, type ApprovalAnswers } from './approval-answers.js';
import type { ClientSession } from './client-session.js';
import type { ClientSocket } from './client-socket.js';
import type { DeviceOutbox } from './device-outbox.js';
import { relayAnswer, successAnswer } from './error-answers.js';
import { givesTools, type ExternalTools } from './external-tools.js';
import { editedPath, type FileWatches } from './file-watches.js';
import { expectsAnswer, restoreId, type Asker, type RequestOptions } from './request.js';
import type { RequestsInFlight } from './requests-in-flight.js';
import type { AuditedApproval, CommandActor, RoutingAudit } from './routing-audit.js';
import type { RoutingObserver } from './routing-observer.js';
import { fromPosition } from './resume.js';
import type { Runtimes } from './runtimes.js';
import type { Subscriptions } from './subscriptions.js';
import type { SyncAskers } from './sync-askers.js';
import { isTerminalFrame } from './terminal-frames.js';
import type { Terminals } from './terminals.js';

/** One command and whoever sent it. */
export interface Command {
  readonly frame: Frame;
  readonly bytes: number;
  /** Undefined: REST. */
  readonly session: ClientSession | undefined;
  readonly socket: ClientSocket | undefined;
  /** Else it may only watch, and answer approvals where `mayApprove` says so. */
  readonly maySteer: boolean;
  readonly mayApprove: boolean;
  readonly asker: Asker;
}

/** What commands touch; one of each per environment. */
export interface CommandParts {
  readonly outbox: DeviceOutbox;
  readonly requests: RequestsInFlight;
  readonly approvals: ApprovalAnswers;
  readonly runtimes: Runtimes;
  readonly subscriptions: Subscriptions;
  readonly syncAskers: SyncAskers<ClientSession>;
  readonly terminals: Terminals;
  readonly watches: FileWatches<ClientSession>;
  readonly tools: ExternalTools<ClientSession>;
  readonly observer: RoutingObserver;
  readonly audit: RoutingAudit;
  readonly environmentId: string;
  /** Whether the device that is or was connected last names its events. */
  readonly namesEvents: () => boolean;
}

/** What only the two ends of a device's link say to each other; from a client it would be taken for the relay's word. */
const OF_LINKS: ReadonlySet<string> = new Set([
  'chunk',
  'chunk_ack',
  'rewind',
  'journals',
  'journal_gap',
  'listener_ready',
  // A gateway takes those that begin as they should; of the others no token goes to a device.
  ...TOKEN_FRAMES,
]);

/** What happens to a client's command: most go to the device under an id of the relay's, some the relay knows itself. */
export class ClientCommands {
  constructor(private readonly parts: CommandParts) {}

  handle(command: Command): void {
    const { frame, session } = command;
    if (OF_LINKS.has(frame.type)) return this.refuse(command, 'COMMAND_INVALID');
    if (!command.maySteer && !isForWatching(frame)) return this.refuseWatching(command);
    if (this.parts.requests.isRepetition(frame, command.asker)) return;
    if (!this.parts.audit.mayGoOn(frame)) return this.refuse(command, 'AUDIT_NOT_KEPT');
    this.audited(command, (audit, actor) => audit.command(this.parts.environmentId, actor, frame));
    if (session) this.learn(session, frame);
    if (isAnswerType(frame.type)) return this.pass(command);
    if (isTerminalFrame(frame)) return this.terminal(command);
    switch (frame.type) {
      case 'input':
        return this.input(command);
      case 'sync':
        return this.sync(command);
      case 'runtime_start':
        return this.runtimeStart(command);
      case 'watch_file':
        return this.watch(command);
      case 'unwatch_file':
        return this.unwatch(command);
      default:
        return this.forward(command);
    }
  }

  /** A command of the relay's own, whose answer nobody waits for. */
  tell(frame: Frame): void {
    const asker = { owner: undefined, deliver: () => {} };
    const bytes = encodeFrame(frame).length;
    this.forward({ frame, bytes, asker, session: undefined, socket: undefined, maySteer: true, mayApprove: false });
  }

  /** To the device, and its answer back to the asker alone. */
  private forward(command: Command, options: RequestOptions = {}): void {
    const { requests, outbox } = this.parts;
    const bound = requests.open(command.frame, command.bytes, command.asker, options);
    if (bound) outbox.send(bound);
  }

  /** An answer to something the device asked: its id is the device's own. */
  private pass(command: Command): void {
    this.forward(command, { asIs: true });
  }

  private answer({ frame, asker }: Command, answer: Frame): void {
    if (expectsAnswer(frame)) asker.deliver(restoreId(answer, frame));
  }

  /** Of clients' own; what the relay asks by itself nobody has done. REST tells of its own commands. */
  private audited({ session, socket }: Command, tell: (audit: RoutingAudit, actor: CommandActor) => void): void {
    const { address, tokenName } = socket?.attachment ?? {};
    if (session) tell(this.parts.audit, { tokenId: session.tokenId, tokenName, address });
  }

  private refuse(command: Command, code: ErrorCode, message?: string): void {
    this.parts.observer.refused(code);
    if (code === 'ACCESS_REFUSED')
      this.audited(command, (audit, actor) =>
        audit.refusedCommand(this.parts.environmentId, actor, command.frame, code),
      );
    this.answer(command, relayAnswer(command.frame.type, code, message));
  }

  /** What nobody answers, but for a terminal that its client waits for, is dropped, and counted. */
  private refuseWatching(command: Command): void {
    const { frame, session } = command;
    if (session && frame.type === 'terminal_spawn') this.parts.terminals.refused(session, frame, WATCH_ONLY);
    this.refuse(command, 'ACCESS_REFUSED', WATCH_ONLY);
  }

  private learn(session: ClientSession, frame: Frame): void {
    const path = editedPath(frame);
    if (path !== undefined) this.parts.watches.edit(session, path);
    const runtime = readRuntime(frame['runtime']);
    if (runtime && givesTools(frame)) this.parts.tools.gave(session, runtime);
  }

  private input(command: Command): void {
    const runtime = readRuntime(command.frame['runtime']);
    const payload = command.frame['payload'];
    if (!isRecord(payload) || payload['kind'] !== 'approval_response') return this.forward(command);
    const tool = this.parts.approvals.toolOf(runtime, payload['request_id']);
    const told = (outcome: AuditedApproval['outcome']): void => this.answeredApproval(command, tool, outcome);
    if (!command.mayApprove) {
      told('not allowed');
      return this.refuse(command, 'APPROVAL_NOT_ALLOWED');
    }
    const judged = (answer: Frame): void => told(answer['accepted'] === true ? 'accepted' : 'too late');
    const isClaimed = this.parts.approvals.claim(runtime, payload, {
      asked: askedBy(command),
      send: (answered) =>
        this.forward(command, {
          answered: (answer) => {
            judged(answer);
            answered(answer);
          },
        }),
      accept: () => this.answer(command, successAnswer('input', { runtime, accepted: true })),
      refuse: (outcome) => {
        told('too late');
        this.refuse(command, 'ALREADY_ANSWERED', outcome && `This approval has ended already: ${outcome}.`);
      },
    });
    if (!isClaimed) this.forward(command, { answered: judged });
  }

  private answeredApproval(command: Command, tool: string | undefined, outcome: AuditedApproval['outcome']): void {
    const { frame } = command;
    const payload = isRecord(frame['payload']) ? frame['payload'] : {};
    const requestId = payload['request_id'];
    this.audited(command, (audit, actor) =>
      audit.approval(this.parts.environmentId, actor, {
        runtime: readRuntime(frame['runtime']),
        requestId: typeof requestId === 'string' ? requestId : '',
        tool,
        decision: behaviorOf(payload['decision']),
        outcome,
      }),
    );
  }

  /** What the history knows of a device that names its events is the device's own word (protocol section 4). */
  private sync(command: Command): void {
    const { frame, session, socket } = command;
    const runtime = readRuntime(frame['runtime']);
    const record = runtime && this.parts.runtimes.known(runtime);
    const isKnown = record !== undefined && record.snapshots.size > 0;
    const recovers = frame['recover_approvals'];
    if (!command.maySteer) return this.showWatching(command);
    if (!session || !runtime) return this.forward(command);
    if (!this.parts.namesEvents() || !isKnown) {
      const done = this.parts.syncAskers.add(runtime, session);
      return this.forward(command, { answered: done });
    }
    const withApprovals = session.isNamed ? recovers !== false : recovers === true;
    this.parts.subscriptions.show(session, socket, record, withApprovals, () =>
      this.answer(command, successAnswer('sync', { runtime })),
    );
  }

  /** Whoever only watches is shown what the relay knows; its device hears nothing of that. */
  private showWatching(command: Command): void {
    const { frame, session, socket } = command;
    const runtime = readRuntime(frame['runtime']);
    if (!session || !runtime) return this.refuse(command, 'COMMAND_INVALID', 'runtime must name what is to be shown.');
    const record = this.parts.runtimes.known(runtime);
    const answer = (): void => this.answer(command, successAnswer('sync', { runtime }));
    if (!record) return answer();
    this.parts.subscriptions.show(session, socket, record, frame['recover_approvals'] === true, answer);
  }

  /** The runtime it returns is this client's to follow, from before the command on: its first events are not missed. */
  private runtimeStart(command: Command): void {
    const { session, socket, frame } = command;
    if (!session) return this.forward(command);
    const heads = this.parts.runtimes.heads();
    const answered = (answer: Frame): void => {
      const runtime = answer['success'] === true ? readRuntime(answer['runtime']) : undefined;
      if (!runtime) return;
      if (givesTools(frame)) this.parts.tools.gave(session, runtime);
      this.parts.subscriptions.started(session, socket, runtime, heads.get(runtimeKey(runtime)) ?? fromPosition(0));
    };
    this.forward(command, { answered });
  }

  private watch(command: Command): void {
    const { session, frame } = command;
    const path = frame['path'];
    if (!session || typeof path !== 'string') return this.forward(command);
    this.parts.watches.watch(session, path);
    const answered = (answer: Frame): void => {
      if (answer['success'] === false) this.parts.watches.unwatch(session, path);
    };
    this.forward(command, { answered });
  }

  private unwatch(command: Command): void {
    const { session, frame } = command;
    const path = frame['path'];
    if (!session || typeof path !== 'string') return this.forward(command);
    if (this.parts.watches.unwatch(session, path)) this.forward(command);
    else this.answer(command, successAnswer(frame.type, { path }));
  }

  private terminal(command: Command): void {
    const { terminals } = this.parts;
    const { session, frame } = command;
    if (!session) return this.refuse(command, 'COMMAND_INVALID');
    if (frame.type === 'terminal_ack') return terminals.acknowledge(session, frame);
    if (frame.type === 'terminal_rewind') return this.parts.observer.dropped('unreadable');
    const rewritten = terminals.rewrite(session, frame);
    const notSpawned = (answer: Frame): void => {
      if (frame.type === 'terminal_spawn') terminals.refused(session, frame, String(answer['error']));
    };
    if (rewritten) this.forward({ ...command, frame: rewritten }, { answered: notSpawned });
    else notSpawned(relayAnswer(frame.type, 'TOO_MANY'));
  }
}

/** What a client that only watches may send: it is answered from what the relay knows. Approvals are a scope of their own. */
function isForWatching({ type, payload }: Frame): boolean {
  return isWatching(type) || (type === 'input' && isRecord(payload) && payload['kind'] === 'approval_response');
}

/** The same for what a client sends again by itself; undefined for clients that do not, whose ids others may use too. */
function askedBy({ session, frame }: Command): string | undefined {
  const id = requestIdOf(frame);
  return session?.isNamed && id !== undefined ? JSON.stringify([session.key, id]) : undefined;
}

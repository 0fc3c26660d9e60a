import { MessageTooLargeError, RequestError } from '@agentclientprotocol/sdk';
import { Logger } from '@nestjs/common';
import type { Clock } from '../../protocol/index.js';
import { AgentGoneError } from './acp.error.js';
import type { AcpOptions } from './acp.options.js';
import { AgentConnection, type AgentRequests, type ClientMethod } from './agent-connection.js';
import { AgentProcess } from './agent-process.js';
import type { Raw } from './mapping/read.js';
import { badRequest } from './requests/bad-request.js';
import { within } from './within.js';

/** Updates that may come of a session whose name is not known here yet. */
const MAX_EARLY_UPDATES = 100;
const MAX_EARLY_SESSIONS = 10;

/** What an agent is started with. */
export interface AgentStart {
  readonly command: string;
  /** Absolute. */
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Who a session's updates and requests are for. */
export interface SessionPeer {
  update(update: Raw): void;
  request(method: ClientMethod, params: Raw): Promise<Raw>;
  ready(): Promise<void>;
}

/** An agent that runs: its process, the protocol with it, and its sessions. Once it is gone it does not come back; another one is started. */
export class RunningAgent implements AgentRequests {
  readonly connection: AgentConnection;
  /** Resolves as soon as it can do no more for a turn, with why. */
  readonly gone: Promise<AgentGoneError>;
  /** Resolves when its processes have ended. */
  readonly stopped: Promise<void>;
  private readonly process: AgentProcess;
  private readonly peers = new Map<string, SessionPeer>();
  private readonly early = new Map<string, Raw[]>();
  private wasStopped = false;
  private heldBack = false;
  private tellGone: (how: string) => void = () => {};

  /** @throws CommandLineError */
  constructor(
    start: AgentStart,
    private readonly options: AcpOptions,
    private readonly clock: Clock,
  ) {
    this.process = new AgentProcess(start, options, clock);
    this.connection = new AgentConnection(this.process, this, options.maxLineBytes);
    const logger = new Logger('Agent');
    this.gone = new Promise((resolve) => {
      this.tellGone = (how) => resolve(gone(start.command, how));
    });
    void this.gone.then(({ message }) => (this.wasStopped ? logger.log('stopped') : logger.warn(message)));
    this.stopped = this.gone.then(() => this.process.stop());
    void this.process.ended.then((how) => this.end(how));
    void this.connection.closed.then(async (reason) => {
      // Its output ends a moment before it is known how the process did.
      await within(clock, options.stopGraceMs, this.process.ended);
      const isTooLong = reason instanceof MessageTooLargeError;
      this.end(isTooLong ? `wrote a line of more than ${options.maxLineBytes} bytes` : `was lost (${String(reason)})`);
    });
  }

  /** Resolves when it can be talked to. @throws AgentGoneError when it does not start, or not in time */
  async begin(): Promise<void> {
    const { startTimeoutMs } = this.options;
    const late = `did not answer within ${startTimeoutMs / 1_000} s of its start`;
    const timer = this.clock.after(startTimeoutMs, () => this.end(late));
    try {
      const problem = await this.connection.initialize(this.options.auth);
      if (problem === undefined) return;
      this.end(problem);
    } catch (error) {
      if (error instanceof RequestError) this.end(`refused to begin (${error.message})`);
    } finally {
      timer.cancel();
    }
    throw await this.gone;
  }

  /** Ends it with the listener; resolves when its processes have ended. */
  async stop(): Promise<void> {
    this.wasStopped = true;
    this.end('was stopped with the listener');
    await this.stopped;
  }

  /** Ends it; turns under way are told how it came to that. */
  end(how: string): void {
    this.tellGone(how);
    this.connection.close();
  }

  /**
   * Ends it after `ms`, in which it should have answered; while it is not read it has as long again.
   *
   * @returns calls that off
   */
  endUnlessIn(ms: number, how: string): () => void {
    const look = (): void => {
      if (this.heldBack) timer = this.clock.after(ms, look);
      else this.end(how);
    };
    let timer = this.clock.after(ms, look);
    return () => timer.cancel();
  }

  /** Has a session's updates and requests go to `peer`, also those that came already. */
  attach(sessionId: string, peer: SessionPeer): void {
    this.peers.set(sessionId, peer);
    for (const update of this.early.get(sessionId) ?? []) peer.update(update);
    this.early.delete(sessionId);
  }

  detach(sessionId: string): void {
    this.peers.delete(sessionId);
  }

  update(sessionId: string, update: Raw): void {
    const peer = this.peers.get(sessionId);
    if (peer) return peer.update(update);
    const early = this.early.get(sessionId) ?? [];
    this.early.set(sessionId, [...early, update].slice(-MAX_EARLY_UPDATES));
    const [oldest] = this.early.keys();
    // Some agents have sessions of their own, which are nobody's here.
    if (oldest !== undefined && this.early.size > MAX_EARLY_SESSIONS) this.early.delete(oldest);
  }

  request(method: ClientMethod, sessionId: string, params: Raw): Promise<Raw> {
    const peer = this.peers.get(sessionId);
    return peer ? peer.request(method, params) : Promise.reject(badRequest(`There is no session ${sessionId}.`));
  }

  async ready(): Promise<void> {
    this.heldBack = true;
    await Promise.all([...this.peers.values()].map((peer) => peer.ready()));
    this.heldBack = false;
  }

  /** Whether it is not being read now, because there is no room for what it says. */
  get isHeldBack(): boolean {
    return this.heldBack;
  }
}

function gone(command: string, how: string): AgentGoneError {
  return new AgentGoneError(
    `The agent (${command}) ${how}; the listener's log has what it wrote. Send the input again: the agent is started anew.`,
  );
}

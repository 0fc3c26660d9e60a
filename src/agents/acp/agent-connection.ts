import * as acp from '@agentclientprotocol/sdk';
import { Readable, Writable } from 'node:stream';
import { isRecord } from '../../protocol/index.js';
import type { AgentProcess } from './agent-process.js';
import { loginProblem } from './mapping/logins.js';
import type { PromptCapabilities } from './mapping/prompt-blocks.js';
import { type Raw, recordIn, recordsIn, textIn } from './mapping/read.js';

/** What an agent may ask of its client; `method` names it, and what is thrown is its error answer. */
export interface AgentRequests {
  /** In the order in which they came, each before whatever came after it. */
  update(sessionId: string, update: Raw): void;
  /** Resolves when there is room for more. */
  ready(): Promise<void>;
  request(method: ClientMethod, sessionId: string, params: Raw): Promise<Raw>;
}

const { client: CLIENT, agent: AGENT } = acp.methods;

export const CLIENT_METHODS = {
  askPermission: CLIENT.session.requestPermission,
  readFile: CLIENT.fs.readTextFile,
  writeFile: CLIENT.fs.writeTextFile,
  createTerminal: CLIENT.terminal.create,
  terminalOutput: CLIENT.terminal.output,
  waitForTerminal: CLIENT.terminal.waitForExit,
  killTerminal: CLIENT.terminal.kill,
  releaseTerminal: CLIENT.terminal.release,
} as const;
export type ClientMethod = (typeof CLIENT_METHODS)[keyof typeof CLIENT_METHODS];

/** The protocol with one agent process, framed and numbered by the SDK, its messages as they were sent. */
export class AgentConnection {
  /** What the agent said of itself. */
  private capabilities: Raw = {};
  private authMethods: readonly Raw[] = [];
  private readonly connection: acp.ClientConnection;

  /** @param maxLineBytes of one message */
  constructor(process: AgentProcess, requests: AgentRequests, maxLineBytes: number) {
    const client = acp.client({ name: 'twinlane' });
    for (const method of Object.values(CLIENT_METHODS))
      client.onRequest(method, asSent, ({ params }) =>
        requests.request(method, textIn(params, 'sessionId') ?? '', params),
      );
    const output = Writable.toWeb(process.input) as WritableStream<Uint8Array>;
    const input = (Readable.toWeb(process.output) as ReadableStream<Uint8Array>).pipeThrough(paced(requests));
    const { readable, writable } = acp.ndJsonStream(output, input, { maxMessageBytes: maxLineBytes });
    this.connection = client.connect({ writable, readable: readable.pipeThrough(withoutUpdates(requests)) });
  }

  /** Resolves when the agent can be talked to no more: with what broke the connection, where it was not its end. */
  get closed(): Promise<unknown> {
    const { closed, signal } = this.connection;
    return closed.then((): unknown => signal.reason);
  }

  get isClosed(): boolean {
    return this.connection.signal.aborted;
  }

  get takes(): PromptCapabilities {
    return recordIn(this.capabilities, 'promptCapabilities') ?? {};
  }

  /** How a session of an earlier process can be gone on with; undefined when it cannot. */
  get reopens(): typeof AGENT.session.resume | typeof AGENT.session.load | undefined {
    if (recordIn(recordIn(this.capabilities, 'sessionCapabilities') ?? {}, 'resume')) return AGENT.session.resume;
    return this.capabilities['loadSession'] === true ? AGENT.session.load : undefined;
  }

  /** The ways to log in that it offers. */
  get logins(): readonly Raw[] {
    return this.authMethods;
  }

  /** Returns what is wrong with the agent, if anything is. @param login id of the way in which it is to be logged in @throws as `ask` does */
  async initialize(login?: string): Promise<string | undefined> {
    const answer = await this.ask(AGENT.initialize, {
      protocolVersion: acp.PROTOCOL_VERSION,
      clientCapabilities: { fs: { readTextFile: true, writeTextFile: true }, terminal: true, auth: { terminal: true } },
      clientInfo: { name: 'twinlane', version: '1' },
    });
    const version = String(answer['protocolVersion']);
    if (version !== String(acp.PROTOCOL_VERSION))
      return `speaks version ${version} of the Agent Client Protocol, not ${acp.PROTOCOL_VERSION}`;
    this.capabilities = recordIn(answer, 'agentCapabilities') ?? {};
    this.authMethods = recordsIn(answer, 'authMethods') ?? [];
    return login === undefined ? undefined : this.logIn(login);
  }

  private async logIn(methodId: string): Promise<string | undefined> {
    const problem = loginProblem(this.authMethods, methodId);
    if (problem !== undefined) return problem;
    try {
      await this.ask(AGENT.authenticate, { methodId });
      return undefined;
    } catch (error) {
      if (!(error instanceof acp.RequestError)) throw error;
      return `refused the login "${methodId}" (${error.message})`;
    }
  }

  /** @throws the agent's error answer, or what ended the connection */
  async ask(method: string, params: Raw): Promise<Raw> {
    const answer = await this.connection.agent.request<unknown, Raw>(method, params);
    return isRecord(answer) ? answer : {};
  }

  async cancel(sessionId: string): Promise<void> {
    await this.connection.agent.notify(AGENT.session.cancel, { sessionId });
  }

  close(): void {
    this.connection.close();
  }
}

/** Waits with reading on while nobody has room for what was read, so that the agent waits too. */
function paced(requests: AgentRequests): TransformStream<Uint8Array, Uint8Array> {
  return new TransformStream({
    async transform(bytes, controller) {
      await requests.ready();
      controller.enqueue(bytes);
    },
  });
}

/**
 * Takes the session updates out, each before whatever follows it is seen: the SDK would run their handlers side by side, late, and
 * with what its schemas leave of them.
 */
function withoutUpdates(requests: AgentRequests): TransformStream<acp.AnyMessage, acp.AnyMessage> {
  return new TransformStream({
    transform(message, controller) {
      if (!('method' in message) || message.method !== CLIENT.session.update) return controller.enqueue(message);
      const params = asSent(message.params);
      const [sessionId, update] = [textIn(params, 'sessionId'), recordIn(params, 'update')];
      if (sessionId !== undefined && update) requests.update(sessionId, update);
    },
  });
}

/** In place of the SDK's schemas, which would leave out what is newer than they are. */
function asSent(params: unknown): Raw {
  return isRecord(params) ? params : {};
}

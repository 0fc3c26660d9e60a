import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { dial } from './dial.js';
import { FaultLog } from './fault-log.js';
import { FaultPipe, type Direction } from './fault-pipe.js';
import type { Corruption } from './frame-corruptor.js';

/** What a rule does to the connections that it matches. `up` is towards the server. */
export type FaultAction =
  /** Resets the connection as soon as its request is known; the server never hears of it. */
  | { readonly do: 'refuse' }
  /** Accepts, and never answers; the server never hears of it. */
  | { readonly do: 'hang' }
  /** Resets both sides, after so many further bytes of that direction where it is given: in the middle of a frame. */
  | { readonly do: 'cut'; readonly after?: { readonly bytes: number; readonly direction: 'up' | 'down' } }
  /** Swallows what comes, closes included: sleep, or a NAT that has forgotten. */
  | { readonly do: 'half-open'; readonly direction?: Direction }
  /** Holds everything back, closes included, until the promise resolves. */
  | { readonly do: 'delay'; readonly until: Promise<void>; readonly direction?: Direction }
  /** `Infinity` lifts it. */
  | { readonly do: 'throttle'; readonly bytesPerSecond: number; readonly direction?: Direction }
  /** Breaks the next text message of a WebSocket that fits into one packet. */
  | { readonly do: 'corrupt'; readonly what: Corruption; readonly direction: 'up' | 'down' };

/** Which connections; what is left out matches all. */
export interface FaultMatch {
  readonly path?: RegExp;
  /** Values in the query of the connection's first request, for instance `{ channel: 'stream' }`. */
  readonly query?: Readonly<Record<string, string>>;
  /** Connections in order of their coming, from 1. */
  readonly connection?: number;
}

export interface FaultRule {
  readonly match?: FaultMatch;
  readonly action: FaultAction;
  /** How many connections it strikes. Default: all. */
  readonly count?: number;
}

/** One connection through the proxy: known by the first request on it. */
class Connection {
  url = new URL('http://unknown.invalid/');
  /** Of the server that it goes to. */
  port: number | undefined;
  private server: Socket | undefined;
  private up: FaultPipe | undefined;
  private down: FaultPipe | undefined;
  private head = Buffer.alloc(0);

  constructor(
    readonly number: number,
    private readonly client: Socket,
    private readonly log: FaultLog,
  ) {
    this.watch('client', client);
  }

  /** Reads the first line of the request, whose bytes are kept for the server; false when it never came. */
  async begin(): Promise<boolean> {
    const { client } = this;
    const isComplete = await new Promise<boolean>((resolve) => {
      const read = (chunk: Buffer): void => {
        this.head = Buffer.concat([this.head, chunk]);
        if (!this.head.includes('\r\n')) return;
        client.off('data', read).pause();
        resolve(true);
      };
      client.on('data', read).once('close', () => resolve(false));
    });
    if (!isComplete) return false;
    const [, target = '/'] = this.head.toString('latin1').split(' ', 2);
    this.url = new URL(target, 'http://proxy.invalid');
    this.log.add({ kind: 'opened', connection: this.number, target });
    return true;
  }

  matches({ path, query = {}, connection = this.number }: FaultMatch): boolean {
    return (
      connection === this.number &&
      (path?.test(this.url.pathname) ?? true) &&
      Object.entries(query).every(([name, value]) => this.url.searchParams.get(name) === value)
    );
  }

  /** @param ports of servers: the first one that takes it is the one */
  async forward(ports: readonly number[]): Promise<void> {
    const server = await reach(ports);
    if (!server) return this.cut();
    if (this.client.destroyed) return void server.destroy();
    this.port = server.remotePort ?? ports.at(-1);
    this.server = server;
    this.watch('server', server);
    this.up ??= this.pipe('up');
    this.down ??= this.pipe('down');
    this.up.start(this.client, server, this.head);
    this.down.start(server, this.client);
  }

  strike(action: FaultAction): void {
    this.log.add({ kind: 'struck', connection: this.number, target: this.target, action: action.do });
    this.up ??= this.pipe('up');
    this.down ??= this.pipe('down');
    const pipes = { up: this.up, down: this.down };
    switch (action.do) {
      case 'refuse':
        return this.cut();
      case 'hang':
        return;
      case 'cut':
        return action.after ? pipes[action.after.direction].cutAfter(action.after.bytes) : this.cut();
      case 'half-open':
        return this.each(pipes, action.direction, (pipe) => pipe.swallow());
      case 'delay':
        return this.each(pipes, action.direction, (pipe) => pipe.delay(action.until));
      case 'throttle':
        return this.each(pipes, action.direction, (pipe) => pipe.throttle(action.bytesPerSecond));
      case 'corrupt':
        return pipes[action.direction].corrupt(action.what);
    }
  }

  /** Ends both sides without a word. */
  cut(): void {
    for (const socket of [this.client, this.server]) if (socket && !socket.destroyed) socket.resetAndDestroy();
  }

  private get target(): string {
    return `${this.url.pathname}${this.url.search}`;
  }

  private pipe(name: 'up' | 'down'): FaultPipe {
    let isAnswer = name === 'down';
    return new FaultPipe({
      cut: () => this.cut(),
      carries: () => {
        if (isAnswer) this.log.add({ kind: 'answered', connection: this.number, target: this.target });
        isAnswer = false;
      },
      // Nobody here closes one direction and waits on the other: a client that has ended is gone.
      isGone: (to) => to.destroyed || (name === 'down' && to.readableEnded),
      swallowed: (bytes) =>
        this.log.add({ kind: 'swallowed', connection: this.number, target: this.target, direction: name, bytes }),
    });
  }

  private each(
    pipes: { readonly up: FaultPipe; readonly down: FaultPipe },
    direction: Direction = 'both',
    run: (pipe: FaultPipe) => void,
  ): void {
    if (direction !== 'down') run(pipes.up);
    if (direction !== 'up') run(pipes.down);
  }

  private watch(side: 'client' | 'server', socket: Socket): void {
    let isOver = false;
    const over = (): void => {
      if (!isOver) this.log.add({ kind: 'closed', connection: this.number, target: this.target, side });
      isOver = true;
    };
    socket.on('error', over);
    socket.on('end', over);
    socket.on('close', (isBroken) => {
      over();
      const [other, pipe] = side === 'client' ? [this.server, this.up] : [this.client, this.down];
      // What is held back, or swallowed, keeps the end of the connection too: the other side learns nothing of it.
      if (!other || pipe?.isHolding) return;
      if (isBroken) other.destroy();
      else other.end();
    });
  }
}

/** The last one is not waited for: what becomes of it becomes of the connection. */
async function reach(ports: readonly number[]): Promise<Socket | undefined> {
  for (const port of ports.slice(0, -1)) {
    const server = await dial(port, { allowHalfOpen: true });
    if (server) return server;
  }
  const port = ports.at(-1);
  return port === undefined ? undefined : connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
}

/** Stands in front of a server, or of several that are one to those who come, TCP to TCP, and does to its connections what real networks do. */
export class FaultProxy {
  readonly log = new FaultLog();
  private readonly rules: { readonly rule: FaultRule; left: number }[] = [];
  private readonly connections = new Set<Connection>();
  private opened = 0;

  private constructor(
    private readonly listening: Server,
    private readonly ports: () => readonly number[],
  ) {
    listening.on('connection', (socket) => void this.take(socket));
  }

  /** @param server URL of what it stands in front of; or ports, in the order of preference, asked for each connection */
  static async start(server: string | (() => readonly number[])): Promise<FaultProxy> {
    const listening = createServer({ allowHalfOpen: true, noDelay: true }).listen(0, '127.0.0.1');
    await once(listening, 'listening');
    if (typeof server !== 'string') return new FaultProxy(listening, server);
    const port = Number(new URL(server).port);
    return new FaultProxy(listening, () => [port]);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listening.address() as AddressInfo).port}`;
  }

  /** For connections to come. The first rule that matches and has strikes left is the one; returns how to lift it. */
  rule(rule: FaultRule): () => void {
    const entry = { rule, left: rule.count ?? Infinity };
    this.rules.push(entry);
    return () => void (entry.left = 0);
  }

  /** Strikes the connections that are open now. @returns how many */
  now(action: FaultAction, match: FaultMatch = {}): number {
    const struck = [...this.connections].filter((connection) => connection.matches(match));
    for (const connection of struck) connection.strike(action);
    return struck.length;
  }

  /** Ports of the servers that connections are open to, in the order of their coming. */
  portsOf(match: FaultMatch): number[] {
    return [...this.connections].flatMap((one) => (one.port !== undefined && one.matches(match) ? [one.port] : []));
  }

  async stop(): Promise<void> {
    this.listening.close();
    for (const connection of this.connections) connection.cut();
    await once(this.listening, 'close');
  }

  private async take(socket: Socket): Promise<void> {
    const connection = new Connection(++this.opened, socket, this.log);
    this.connections.add(connection);
    socket.once('close', () => this.connections.delete(connection));
    const began = await connection.begin();
    if (!began) return connection.cut();
    const entry = this.rules.find(({ rule, left }) => left > 0 && connection.matches(rule.match ?? {}));
    if (entry) {
      entry.left--;
      connection.strike(entry.rule.action);
      if (entry.rule.action.do === 'hang' || entry.rule.action.do === 'refuse') return;
    }
    await connection.forward(this.ports());
  }
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy that opens tunnels (CONNECT), and knows names that nobody else does: what reaches them went through it. */
export class ConnectProxy {
  /** What was asked for, `host:port` each. */
  readonly asked: string[] = [];
  /** Answers every CONNECT with this status while set. */
  refuse: number | undefined;
  /** `user:password` that it wants. */
  credentials: string | undefined;
  private readonly tunnels = new Set<Duplex>();

  readonly url: string;

  private constructor(
    private readonly http: Server,
    private readonly names: ReadonlySet<string>,
  ) {
    this.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    http.on('connect', (request: IncomingMessage, stream: Duplex, head: Buffer) => this.open(request, stream, head));
  }

  /** @param names host names that lead to 127.0.0.1 */
  static async start(...names: string[]): Promise<ConnectProxy> {
    const http = createServer((_, response) => response.writeHead(405).end());
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    return new ConnectProxy(http, new Set(names));
  }

  async stop(): Promise<void> {
    for (const tunnel of this.tunnels) tunnel.destroy();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private open({ url = '', headers }: IncomingMessage, stream: Duplex, head: Buffer): void {
    this.asked.push(url);
    stream.on('error', () => stream.destroy());
    const wanted = this.credentials && `Basic ${Buffer.from(this.credentials).toString('base64')}`;
    const status = wanted && headers['proxy-authorization'] !== wanted ? 407 : this.refuse;
    if (status !== undefined) return void stream.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\n\r\n`);
    const { hostname, port } = new URL(`http://${url}`);
    const target: Socket = connect(Number(port), this.names.has(hostname) ? '127.0.0.1' : hostname);
    target.once('error', () => stream.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'));
    target.once('connect', () => {
      stream.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      target.write(head);
      stream.pipe(target).pipe(stream);
    });
    for (const end of [stream, target]) {
      this.tunnels.add(end);
      end.once('close', () => {
        this.tunnels.delete(end);
        stream.destroy();
        target.destroy();
      });
    }
  }
}

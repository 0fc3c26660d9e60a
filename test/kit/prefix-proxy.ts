import { once } from 'node:events';
import { createServer, type IncomingMessage, request as send, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

const PREFIX = '/prefix';

/** A reverse proxy that serves something under a path, and takes the path off. */
export class PrefixProxy {
  private target = '';

  private constructor(
    private readonly server: Server,
    /** What it serves is here, path included. */
    readonly url: string,
  ) {
    server.on('request', (incoming, answer) => this.pass(incoming, answer));
    server.on('upgrade', (incoming: IncomingMessage, front: Socket) => this.upgrade(incoming, front));
  }

  static async start(): Promise<PrefixProxy> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PrefixProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}${PREFIX}`);
  }

  /** @param url of what is served from now on */
  forwardTo(url: string): void {
    this.target = url;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private onward({ url = '', method, headers }: IncomingMessage) {
    const path = url.startsWith(`${PREFIX}/`) ? url.slice(PREFIX.length) : '/outside';
    return send(this.target + path, { method, headers });
  }

  private pass(incoming: IncomingMessage, answer: ServerResponse): void {
    const forwarded = incoming.pipe(this.onward(incoming));
    forwarded.on('error', () => answer.destroy());
    forwarded.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 0, response.headers);
      response.pipe(answer);
    });
  }

  private upgrade(incoming: IncomingMessage, front: Socket): void {
    const forwarded = this.onward(incoming);
    front.on('error', () => forwarded.destroy());
    forwarded.on('error', () => front.destroy());
    forwarded.on('upgrade', ({ rawHeaders }, back: Socket, head) => {
      const lines = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}\r\n`] : []));
      front.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`);
      front.write(head);
      back.on('error', () => front.destroy());
      front.once('close', () => back.destroy());
      back.once('close', () => front.destroy());
      front.pipe(back).pipe(front);
    });
    forwarded.end();
  }
}

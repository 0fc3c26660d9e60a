import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';

/** A TCP way to a server that can be cut: every connection at once, without a word. */
export class CutProxy {
  private readonly open = new Set<net.Socket>();

  private constructor(private readonly server: net.Server) {}

  /** @param target `http://…` of the server behind it */
  static async start(target: string): Promise<CutProxy> {
    const { hostname, port } = new URL(target);
    const server = net.createServer();
    const proxy = new CutProxy(server);
    server.on('connection', (near) => proxy.join(near, net.connect(Number(port), hostname)));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.open) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: net.Socket, far: net.Socket): void {
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.open.add(socket);
      socket.on('data', (data) => other.write(data));
      socket.on('end', () => other.end());
      // A cut connection errs or closes; either way the other half goes too.
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.open.delete(socket);
        other.destroy();
      });
    }
  }
}

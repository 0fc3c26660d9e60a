import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { dial } from './dial.js';

/** One address for several servers: each connection goes to the first of them that takes it. */
export class Balancer {
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  /** @param ports in the order of preference, asked for each connection */
  static async start(ports: () => readonly number[]): Promise<Balancer> {
    const server = createServer();
    const balancer = new Balancer(server);
    server.on('connection', (client) => void balancer.take(client, ports()));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return balancer;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private async take(client: Socket, ports: readonly number[]): Promise<void> {
    this.keep(client);
    client.pause();
    for (const port of ports) {
      const server = await dial(port);
      if (!server) continue;
      this.keep(server);
      client.on('close', () => server.destroy());
      server.on('close', () => client.destroy());
      client.pipe(server).pipe(client);
      return;
    }
    client.destroy();
  }

  private keep(socket: Socket): void {
    this.sockets.add(socket);
    // What broke on one side is told to the other by its `close`.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
  }
}

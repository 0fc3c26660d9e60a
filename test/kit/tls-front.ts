import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';

/** TLS in front of a plain server, with a certificate that only its own file vouches for. */
export class TlsFront {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly name: string,
    private readonly folder: string,
  ) {}

  /** @param name host name of the certificate */
  static async start(name: string): Promise<TlsFront> {
    const folder = await mkdtemp(path.join(tmpdir(), 'twinlane-tls-'));
    const key = path.join(folder, 'key.pem');
    const ca = path.join(folder, 'ca.pem');
    // prettier-ignore
    await promisify(execFile)('openssl', [
      'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
      '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', ca,
    ]);
    const server = createServer({ key: await readFile(key), cert: await readFile(ca) });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TlsFront(server, name, folder);
  }

  get url(): string {
    return `https://${this.name}:${(this.server.address() as AddressInfo).port}`;
  }

  /** PEM file of the authority. */
  get caFile(): string {
    return path.join(this.folder, 'ca.pem');
  }

  /** Passes everything on to a port of this machine. */
  forwardTo(port: number): void {
    this.server.on('secureConnection', (front: TLSSocket) => {
      const back = connect(port, '127.0.0.1');
      front.pipe(back).pipe(front);
      for (const [end, other] of [
        [front, back],
        [back, front],
      ] as const) {
        this.sockets.add(end);
        end.on('error', () => other.destroy());
        end.once('close', () => {
          this.sockets.delete(end);
          other.destroy();
        });
      }
    });
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }
}

import { ExpressAdapter } from '@nestjs/platform-express';
import type { Server } from 'node:http';

/**
 * Connections that wait until the event loop takes them; the kernel may allow fewer (`net.core.somaxconn`). After a restart thousands come
 * at once, and those beyond are dropped without a word: their kernels try again a second later, and again (reliability C25).
 */
const BACKLOG = 4_096;

/** Nest's own, whose `listen` takes no backlog: Node's default of 511 is too few. */
export class RelayHttpAdapter extends ExpressAdapter {
  override listen(port: string | number, ...rest: (string | (() => void) | undefined)[]): Server {
    const host = rest.find((argument) => typeof argument === 'string');
    const listening = rest.find((argument) => typeof argument === 'function');
    const server: Server = this.getHttpServer();
    return server.listen({ port: Number(port), backlog: BACKLOG, ...(host !== undefined && { host }) }, listening);
  }
}

import { createServer, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, isIPv6 } from 'node:net';
import { errorBody, type ErrorBody } from '../protocol/index.js';
import { METRICS_CONTENT_TYPE, processMetricsText } from './metrics/metrics.js';

/** A role of this process, as the health port shows it. */
export interface HealthPart {
  /** Why it should be given no traffic; undefined: it should. */
  refusal(): Promise<ErrorBody | undefined>;
  /** In Prometheus' text format. */
  metrics(): Promise<string>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Connections that say nothing are closed after this time, in ms. */
const IDLE_MS = 5_000;

/**
 * `GET /healthz`, `/readyz` and `/metrics` on a port of their own, without a token: for supervisors and for Prometheus,
 * on an address that only they reach.
 */
export class HealthServer {
  private constructor(private readonly server: Server) {}

  /** @throws the system's error when it cannot listen there */
  static async listen(parts: readonly HealthPart[], address: { host: string; port: number }): Promise<HealthServer> {
    const server = createServer({ requestTimeout: IDLE_MS, keepAliveTimeout: IDLE_MS }, (request, response) => {
      // Not parsed as a URL: what a peer asks for need not be one.
      const [path = '/'] = (request.url ?? '/').split('?');
      answerTo(request.method, path, parts)
        .catch((error: unknown): Answer => json(500, errorBody('INTERNAL', String(error))))
        .then((answer) => write(response, answer))
        .catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(address.port, address.host, resolve);
    });
    return new HealthServer(server);
  }

  get url(): string {
    const { address, port } = this.server.address() as AddressInfo;
    return `http://${isIPv6(address) ? `[${address}]` : address}:${port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

async function answerTo(method: string | undefined, path: string, parts: readonly HealthPart[]): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, errorBody('BAD_REQUEST', 'Only GET is answered here.'));
  switch (path) {
    case '/healthz':
      return json(200, { status: 'ok' });
    case '/readyz': {
      const refusals = await Promise.all(parts.map((part) => part.refusal()));
      const refusal = refusals.find((body) => body !== undefined);
      return refusal ? json(503, refusal) : json(200, { status: 'ok' });
    }
    case '/metrics': {
      const texts = await Promise.all([...parts.map((part) => part.metrics()), processMetricsText()]);
      return { status: 200, type: METRICS_CONTENT_TYPE, body: texts.join('\n') };
    }
    default:
      return json(404, errorBody('PATH_UNKNOWN', 'Here are /healthz, /readyz and /metrics.'));
  }
}

function json(status: number, body: object): Answer {
  return { status, type: 'application/json; charset=utf-8', body: JSON.stringify(body) };
}

function write(response: ServerResponse, { status, type, body }: Answer): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}

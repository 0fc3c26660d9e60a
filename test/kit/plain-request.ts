import { request as send, type IncomingHttpHeaders } from 'node:http';

export interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Of a JSON body; empty for any other. */
  readonly json: Readonly<Record<string, unknown>>;
}

/** A request with these headers and no others: `fetch` adds some of a browser's own, and lets nobody set the rest. */
export function plainRequest(
  url: string,
  { method = 'GET', headers = {} }: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const { origin } = new URL(url);
    // As it is: a URL would take dots out of it.
    const path = url.slice(origin.length);
    const request = send(origin, { path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('error', reject);
      response.once('end', () => {
        const body = Buffer.concat(parts);
        const isJson = response.headers['content-type']?.startsWith('application/json') === true && body.length > 0;
        const json = isJson ? (JSON.parse(body.toString('utf8')) as Record<string, unknown>) : {};
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, json });
      });
    });
    request.once('error', reject);
    request.end();
  });
}

import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ConsoleFiles, encodingFor, INDEX, type ConsoleFile } from './console-files.js';
import { pageHeaders } from './page-headers.js';

/** Stands in the built page where the nonce of a response goes. */
const NONCE_PLACE = '{{csp-nonce}}';
const NONCE_BYTES = 18;
/** In seconds. */
const A_YEAR = 365 * 24 * 60 * 60;

const NOT_BUILT = `<!doctype html><html lang="en"><title>Twinlane</title>
<h1>The console is not built.</h1>
<p>This relay runs; its page in the browser is made by <code>npm run build</code>. Everything else works without it.</p></html>
`;

/** Express middleware: the console at `/`, and its files. What it does not have is for whoever comes next. */
export function serveConsole(files: ConsoleFiles = new ConsoleFiles()) {
  return async (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): Promise<void> => {
    const name = nameOf(request);
    try {
      if (name !== undefined && (await serve(files, name, request, response))) return;
    } catch (error) {
      return next(error);
    }
    next();
  };
}

/** The file that is asked for; undefined for what this never serves. */
function nameOf({ method, url = '' }: IncomingMessage): string | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  const [path = ''] = url.split('?');
  return path === '/' ? INDEX : path.slice(1);
}

async function serve(
  files: ConsoleFiles,
  name: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const file = await files.find(name);
  const encoding = file && name !== INDEX ? encodingFor(file, request.headers['accept-encoding'] ?? '') : undefined;
  const content = file && (await files.read(name, encoding));
  if (content === undefined && name !== INDEX) return false;
  const nonce = randomBytes(NONCE_BYTES).toString('base64url');
  for (const [header, value] of Object.entries(pageHeaders(nonce))) response.setHeader(header, value);
  if (file === undefined || content === undefined)
    answer(request, response, 404, 'text/html; charset=utf-8', Buffer.from(NOT_BUILT));
  else if (name === INDEX) {
    response.setHeader('Cache-Control', 'no-cache');
    const page = content.toString('utf8').replaceAll(NONCE_PLACE, nonce);
    answer(request, response, 200, file.type, Buffer.from(page));
  } else {
    describe(file, encoding, response);
    answer(request, response, 200, file.type, content);
  }
  return true;
}

function describe(file: ConsoleFile, encoding: string | undefined, response: ServerResponse): void {
  response.setHeader('Cache-Control', file.immutable ? `public, max-age=${A_YEAR}, immutable` : 'no-cache');
  if (file.encodings.size > 0) response.setHeader('Vary', 'Accept-Encoding');
  if (encoding !== undefined) response.setHeader('Content-Encoding', encoding);
}

function answer(
  { method }: IncomingMessage,
  response: ServerResponse,
  status: number,
  type: string,
  content: Buffer,
): void {
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': content.byteLength });
  response.end(method === 'HEAD' ? undefined : content);
}

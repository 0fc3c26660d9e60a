import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { REQUEST_ID_HEADER } from '../access/arrival.js';
import type { RelayError } from '../relay.error.js';

/**
 * Answers an upgrade with a status and the JSON body that REST would answer, and ends the connection.
 *
 * @param requestId undefined for what never became a request
 */
export function refuseUpgrade(socket: Duplex, refusal: RelayError, requestId?: string): void {
  if (socket.destroyed) return;
  const body = JSON.stringify(refusal.body);
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
    ...(requestId === undefined ? {} : { [REQUEST_ID_HEADER]: requestId }),
    ...refusal.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? ''}\r\n${lines.join('')}\r\n${body}`);
}

// The cheapest WebSocket ends there can be: they count frames by their headers, so that a bench measures the other end and not this one.
import http from 'node:http';
import https from 'node:https';
import { randomBytes } from 'node:crypto';

const SHORT = 126;
const LONG = 127;
const TEXT = 0x81;
const MASKED = 0x80;

/** Counts the frames in the bytes of a peer; a frame counts when its header has come. */
export class FrameCounter {
  count = 0;
  bytes = 0;
  #skip = 0;
  #rest = Buffer.alloc(0);
  #except;

  /** @param except bytes of frames that are not counted, as pings have no number */
  constructor(except = -1) {
    this.#except = except;
  }

  push(part) {
    const chunk = this.#rest.length > 0 ? Buffer.concat([this.#rest, part]) : part;
    let at = this.#skip;
    this.#rest = Buffer.alloc(0);
    while (at < chunk.length) {
      const header = headerLength(chunk, at);
      if (chunk.length - at < header) {
        this.#rest = chunk.subarray(at);
        at = chunk.length;
        break;
      }
      const length = payloadLength(chunk, at, header);
      if (length !== this.#except) this.count++;
      this.bytes += length;
      at += header + maskLength(chunk, at) + length;
    }
    this.#skip = at - chunk.length;
  }
}

function headerLength(chunk, at) {
  const size = at + 1 < chunk.length ? chunk[at + 1] & LONG : 0;
  return size === SHORT ? 4 : size === LONG ? 10 : 2;
}

/** A client's payload is masked by four bytes before it. */
function maskLength(chunk, at) {
  return at + 1 < chunk.length && chunk[at + 1] & MASKED ? 4 : 0;
}

function payloadLength(chunk, at, header) {
  if (header === 2) return chunk[at + 1] & LONG;
  return header === 4 ? chunk.readUInt16BE(at + 2) : Number(chunk.readBigUInt64BE(at + 2));
}

/** A text as a server sends it. */
export function serverText(text) {
  const payload = Buffer.from(text);
  const isShort = payload.length < SHORT;
  const header = Buffer.from(
    isShort ? [TEXT, payload.length] : [TEXT, SHORT, payload.length >> 8, payload.length & 255],
  );
  return Buffer.concat([header, payload]);
}

/** A short text as a client sends it; masked with zeros, which leave it as it is. */
export function clientText(text) {
  const payload = Buffer.from(text);
  if (payload.length >= SHORT) throw new RangeError('only for short texts');
  return Buffer.concat([Buffer.from([TEXT, MASKED | payload.length, 0, 0, 0, 0]), payload]);
}

/** Opens a WebSocket and gives its bare socket. @param received told of every part, the first one too */
export function openWire(url, { headers = {}, localAddress } = {}, received = () => {}) {
  const { request } = url.startsWith('wss') ? https : http;
  return new Promise((resolve, reject) => {
    const upgrade = request(url.replace(/^ws/, 'http'), {
      localAddress,
      headers: {
        ...headers,
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    });
    upgrade.on('upgrade', (_response, socket, head) => {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      if (head.length > 0) received(head);
      socket.on('data', received);
      resolve(socket);
    });
    upgrade.on('response', (response) => reject(new Error(`${url}: HTTP ${response.statusCode}`)));
    upgrade.on('error', reject);
    upgrade.end();
  });
}

// A WebSocket client of as few bytes and steps as can be, for thousands of them in one process: a bare socket, an upgrade written by hand,
// texts masked with zeros. It answers pings, takes no fragments and no compression.
import { connect } from 'node:net';

const KEY = Buffer.from('twinlane-bench-1').toString('base64');
const HEAD_END = '\r\n\r\n';
const FINAL = 0x80;
const MASKED = 0x80;
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const SHORT = 126;
const LONG = 127;
const NOTHING = Buffer.alloc(0);

/** A frame as a client sends it, masked with zeros, which leave its payload as it is. */
function frameOf(opcode, payload) {
  const { length } = payload;
  if (length >= 65_536) throw new RangeError('only for frames below 64 KiB');
  const size = length < SHORT ? [MASKED | length] : [MASKED | SHORT, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([FINAL | opcode, ...size, 0, 0, 0, 0]), payload]);
}

export class LightSocket {
  isOpen = false;
  #socket;
  #rest = NOTHING;
  #owner;
  #end;

  /**
   * @param url `ws:` address
   * @param owner `{ opened(socket), text(socket, text), closed(socket, { code?, status?, retryAfterMs?, reason }) }`; `closed` comes exactly once
   */
  constructor(url, { token, localAddress }, owner) {
    const { hostname, port, host, pathname, search } = new URL(url);
    this.#owner = owner;
    this.#socket = connect({ host: hostname, port: Number(port), localAddress, noDelay: true });
    this.#socket.on('data', (part) => this.#read(part));
    this.#socket.on('error', (error) => (this.#end ??= { reason: error.code ?? error.message }));
    this.#socket.on('close', () => {
      this.isOpen = false;
      this.#owner.closed(this, this.#end ?? { reason: 'cut' });
    });
    const head = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const own = [`Host: ${host}`, `Sec-WebSocket-Key: ${KEY}`, `Authorization: Bearer ${token}`];
    this.#socket.write(`GET ${pathname}${search} HTTP/1.1\r\n${[...own, ...head].join('\r\n')}${HEAD_END}`);
  }

  send(text) {
    if (this.isOpen) this.#socket.write(frameOf(TEXT, Buffer.from(text)));
  }

  /** Cuts it, without a word to the peer. */
  destroy() {
    this.#socket.destroy();
  }

  #read(part) {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, part]) : part;
    let at = 0;
    if (!this.isOpen) {
      const end = bytes.indexOf(HEAD_END);
      at = end < 0 ? 0 : end + HEAD_END.length;
      if (end < 0 || !this.#upgraded(bytes.toString('latin1', 0, end))) {
        this.#rest = bytes;
        return;
      }
    }
    for (let next; (next = this.#readFrame(bytes, at)) !== undefined;) at = next;
    this.#rest = at === bytes.length ? NOTHING : Buffer.from(bytes.subarray(at));
  }

  #upgraded(head) {
    const status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 101'.length));
    if (status !== 101) {
      const seconds = /^retry-after: *(\d+)/im.exec(head)?.[1];
      this.#end ??= {
        status,
        retryAfterMs: seconds === undefined ? 0 : Number(seconds) * 1_000,
        reason: `HTTP ${status}`,
      };
      this.#socket.destroy();
      return false;
    }
    this.isOpen = true;
    this.#owner.opened(this);
    return true;
  }

  /** @returns where the next frame begins; undefined where this one has not come yet */
  #readFrame(bytes, at) {
    if (bytes.length < at + 2) return undefined;
    const size = bytes[at + 1] & LONG;
    const header = size === SHORT ? 4 : size === LONG ? 10 : 2;
    if (bytes.length < at + header) return undefined;
    const length =
      header === 2 ? size : header === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2));
    const end = at + header + length;
    if (bytes.length < end) return undefined;
    this.#take(bytes[at] & 15, bytes.subarray(at + header, end));
    return end;
  }

  #take(opcode, payload) {
    if (opcode === TEXT) this.#owner.text(this, payload.toString('utf8'));
    else if (opcode === PING) this.#socket.write(frameOf(PONG, payload));
    else if (opcode === CLOSE) {
      const code = payload.length >= 2 ? payload.readUInt16BE(0) : undefined;
      this.#end ??= { code, reason: `${code} ${payload.toString('utf8', 2)}` };
      this.#socket.destroy();
    }
  }
}

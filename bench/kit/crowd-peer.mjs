// What listeners and clients of a crowd have in common: two sockets that come and go together, and come back as the real ones do.
import { setTimeout as after } from 'node:timers/promises';
import { LightSocket } from './light-socket.mjs';
import { TOKEN } from './token.mjs';

/** As listeners and clients wait before they try again: full jitter, from 1 s up to 30 s, from the beginning after 30 s of success. */
const BACKOFF_FIRST_MS = 1_000;
const BACKOFF_MAX_MS = 30_000;
const BACKOFF_RESET_MS = 30_000;
/** Until both sockets are ready. */
const READY_MS = 15_000;
const HEARTBEAT_MS = 30_000;
/** Sockets that one address opens; there are about 28,000 ports. */
const SOCKETS_PER_ADDRESS = 4_000;
const ADDRESSES = 5;

/** Moments at which somebody tried to connect, of `Date.now`. */
export const attempts = [];

/** How long peers were without a link that had one: when each was back, of `Date.now`, and after how many ms. */
export const outages = [];

/** How links ended, by close code or by what broke them, and how many. */
export const ends = new Map();

let opened = 0;

export class CrowdPeer {
  isReady = false;
  /** When it was ready last, of `Date.now`. */
  readyAt = 0;
  #lostAt;
  sockets = new Set();
  #bound = BACKOFF_FIRST_MS;
  #settle;
  #isWanted = true;
  #heartbeat;

  /** @param part of the crowd: each has addresses of its own */
  constructor(part) {
    this.part = part;
  }

  /** Opens both sockets; rejects when that fails. */
  async connect() {
    attempts.push(Date.now());
    const timer = setTimeout(() => this.#failed({ reason: `not ready within ${READY_MS} ms` }), READY_MS);
    try {
      await new Promise((resolve, reject) => {
        this.#settle = { resolve, reject };
        this.dial();
      });
    } finally {
      clearTimeout(timer);
      this.#settle = undefined;
    }
  }

  /** Cuts both, and comes back. */
  cut() {
    for (const socket of this.sockets) socket.destroy();
  }

  /** For good. */
  end() {
    this.#isWanted = false;
    clearInterval(this.#heartbeat);
    this.cut();
  }

  open(url, owner) {
    const address = `127.0.${this.part + 1}.${1 + (Math.floor(opened++ / SOCKETS_PER_ADDRESS) % ADDRESSES)}`;
    const closed = (socket, end) => {
      // One of an attempt that is over has nothing to say about the next.
      if (this.sockets.delete(socket)) this.#failed(end);
    };
    const socket = new LightSocket(
      url,
      { token: TOKEN, localAddress: address },
      { opened() {}, text() {}, ...owner, closed },
    );
    this.sockets.add(socket);
    return socket;
  }

  ready() {
    this.isReady = true;
    this.readyAt = Date.now();
    if (this.#lostAt !== undefined) outages.push({ at: this.readyAt, ms: this.readyAt - this.#lostAt });
    this.#lostAt = undefined;
    this.#heartbeat ??= setInterval(
      () => {
        for (const socket of this.sockets) socket.send('{"type":"ping"}');
      },
      HEARTBEAT_MS * (0.9 + Math.random() / 10),
    );
    this.#settle?.resolve();
  }

  /** One socket is gone, and so the other one. */
  #failed(end) {
    const cause = end.code ?? end.reason;
    ends.set(cause, (ends.get(cause) ?? 0) + 1);
    const sockets = [...this.sockets];
    this.sockets.clear();
    for (const socket of sockets) socket.destroy();
    this.lost();
    if (this.#settle) return this.#settle.reject(Object.assign(new Error(end.reason), end));
    if (!this.isReady) return;
    this.isReady = false;
    this.#lostAt = Date.now();
    if (Date.now() - this.readyAt >= BACKOFF_RESET_MS) this.#bound = BACKOFF_FIRST_MS;
    if (this.#isWanted) void this.#comeBack(end);
  }

  async #comeBack({ retryAfterMs = 0 }) {
    for (let asked = retryAfterMs; this.#isWanted;) {
      await after(asked + Math.random() * this.#bound);
      this.#bound = Math.min(BACKOFF_MAX_MS, this.#bound * 2);
      try {
        await this.connect();
        return;
      } catch (error) {
        asked = error.retryAfterMs ?? 0;
      }
    }
  }
}

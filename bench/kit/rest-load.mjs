// Requests to a relay's REST, at a steady rate: what listeners, consoles and programs ask.
import http from 'node:http';
import { TOKEN } from './token.mjs';

const TICK_MS = 20;
const ANSWER_MS = 30_000;

export class RestLoad {
  #requests;
  #asked = 0;
  #timer;
  #underWay = new Set();
  #figures = { times: [], failed: [] };

  /** @param requests of a number `[method, path, body?]`, asked for in turns; each must be answered with 200 */
  constructor(server, perSecond, requests) {
    this.server = server;
    this.perSecond = perSecond;
    this.#requests = requests;
  }

  start() {
    const begun = performance.now();
    this.#timer = setInterval(() => {
      const due = ((performance.now() - begun) * this.perSecond) / 1_000;
      for (; this.#asked < due; this.#asked++)
        this.#ask(this.#requests[this.#asked % this.#requests.length](this.#asked));
    }, TICK_MS);
  }

  /** @returns how long answers took since this was asked last, sorted, in ms, and what failed */
  measured() {
    const { times, failed } = this.#figures;
    this.#figures = { times: [], failed: [] };
    return { times: times.toSorted((a, b) => a - b), failed };
  }

  /** Resolves when all is answered. */
  async stop() {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
  }

  #ask([method, path, body]) {
    const begun = performance.now();
    const asked = request(new URL(path, this.server), method, body)
      .then(
        ({ status, text }) => {
          if (status === 200) this.#figures.times.push(performance.now() - begun);
          else this.#figures.failed.push(`${method} ${path}: HTTP ${status} ${text}`);
        },
        (error) => this.#figures.failed.push(`${method} ${path}: ${error.code ?? error.message}`),
      )
      .finally(() => this.#underWay.delete(asked));
    this.#underWay.add(asked);
  }
}

/** On a connection of its own: one that was kept may close just as the next request is sent, and clients that keep some try again then. */
function request(url, method, body) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const asked = http.request(url, { method, agent: false, headers, timeout: ANSWER_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => (text += part));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MS} ms`)));
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

// A listener of a crowd: answers commands, and its runtime says something small at a steady rate, connected or not.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { acknowledge } from './acknowledgements.mjs';
import { CrowdPeer } from './crowd-peer.mjs';
import { TOKEN } from './token.mjs';

const EPOCH = 'a1b2c3d4';
/** Events that the relay has not acknowledged, at most. */
const IN_FLIGHT = 64;
const REGISTRATIONS_AT_ONCE = 16;

const agent = new http.Agent({ keepAlive: true, maxSockets: REGISTRATIONS_AT_ONCE });

export class CrowdListener extends CrowdPeer {
  processInstanceId = randomUUID();
  attempt = 0;
  /** Events there are, sent on these sockets, and safe with the relay. */
  head = 0;
  #sent = 0;
  #safe = 0;
  /** Of what is in flight: number on the socket, number of the event. */
  #flying = [];
  #seq = { control: 0, stream: 0 };
  #control;
  #stream;

  constructor(part, index, bytes) {
    super(part);
    this.name = `device-${part}-${index}`;
    this.runtime = { agent_id: 'agent-1', conversation_id: `conversation-${index}` };
    this.content = 'x'.repeat(bytes);
  }

  async register(server) {
    const body = JSON.stringify({
      deviceId: this.name,
      connectionName: this.name,
      metadata: {
        environmentMessageProtocol: 'v2-input',
        supportsPairedListenerGenerations: true,
        supportsResumableChannels: true,
        eventSeqScope: 'runtime',
        processInstanceId: this.processInstanceId,
      },
    });
    const { wsUrl, connectionId } = await post(`${server}/v1/environments/register`, body);
    this.wsUrl = wsUrl;
    this.connectionId = connectionId;
  }

  dial() {
    const query = `&connectionGeneration=${randomUUID()}&connectionAttempt=${++this.attempt}`;
    this.#seq = { control: 0, stream: 0 };
    this.#flying = [];
    this.#sent = this.#safe;
    const open = (channel, ready) =>
      this.open(`${this.wsUrl}&channel=${channel}${query}`, {
        text: (socket, text) => this.#read(socket, channel, JSON.parse(text), ready),
      });
    // Stream after control's `listener_ready` (protocol section 2).
    this.#control = open('control', () => {
      this.#stream = open('stream', () => this.#begin());
    });
  }

  lost() {
    this.#stream = undefined;
  }

  /** There are this many events now. */
  emit(head) {
    this.head = head;
    if (this.isReady) this.#pump();
  }

  #begin() {
    const { runtime, head } = this;
    const heads = head === 0 ? [] : [{ runtime, event_epoch: EPOCH, first: 1, head }];
    this.#stream.send(JSON.stringify({ seq: ++this.#seq.stream, type: 'journals', heads, last: true }));
    this.ready();
    this.#pump();
  }

  #read(socket, channel, frame, ready) {
    if (frame.type === 'ack') return channel === 'stream' && this.#acknowledged(frame);
    if (frame.type === 'listener_ready') return ready();
    if (frame.seq !== undefined) acknowledge(socket, frame.seq, true);
    if (frame.type === 'rewind') return this.#rewind(frame);
    if (frame.request_id === undefined) return undefined;
    const isInput = frame.type === 'input';
    const said = isInput
      ? { type: 'input_accepted', accepted: true }
      : { type: `${frame.type}_response`, success: true };
    return this.#control.send(JSON.stringify({ seq: ++this.#seq.control, ...said, request_id: frame.request_id }));
  }

  #acknowledged({ safe }) {
    while (this.#flying.length > 0 && this.#flying[0][0] <= safe) this.#safe = this.#flying.shift()[1];
    this.#pump();
  }

  #rewind({ event_seq: number }) {
    this.#flying = [];
    this.#safe = number;
    this.#sent = number;
    this.#pump();
  }

  #pump() {
    while (this.#stream && this.#sent < this.head && this.#flying.length < IN_FLIGHT) {
      const number = ++this.#sent;
      const seq = ++this.#seq.stream;
      this.#flying.push([seq, number]);
      this.#stream.send(this.#textOf(seq, number));
    }
  }

  #textOf(seq, number) {
    const { content, runtime } = this;
    return `{"seq":${seq},"type":"stream_delta","delta":{"message_type":"assistant_message","id":"m","content":"${content}"},"runtime":{"agent_id":"${runtime.agent_id}","conversation_id":"${runtime.conversation_id}"},"event_epoch":"${EPOCH}","event_seq":${number},"emitted_at":"2030-01-01T00:00:00.000Z","idempotency_key":"stream_delta:${number}:${EPOCH}:0a1b2c"}`;
  }
}

function post(url, body) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
    const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => (text += part));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`${url}: HTTP ${response.statusCode} ${text}`));
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

// A client of a crowd: follows one runtime and checks every number, and asks something now and then.
import { randomUUID } from 'node:crypto';
import { acknowledge } from './acknowledgements.mjs';
import { CrowdPeer } from './crowd-peer.mjs';

/** Asks for nothing that has to be worked for. */
const COMMAND = 'app_server_info';

export class CrowdClient extends CrowdPeer {
  id = randomUUID();
  /** Of the newest event. */
  last = 0;
  #epoch;
  #control;
  #asked = new Map();

  /**
   * @param listener that it attaches to
   * @param repeats whether it asks again on new sockets what has no answer, as the client library does with such a command
   * @param told `{ event(client, number), wrong(kind, count), answered(ms) }`
   */
  constructor(part, listener, server, repeats, told) {
    super(part);
    this.listener = listener;
    this.server = server.replace('http', 'ws');
    this.repeats = repeats;
    this.told = told;
  }

  dial() {
    const { connectionId, runtime } = this.listener;
    const scope = { agentId: runtime.agent_id, conversationId: runtime.conversation_id, client: this.id };
    const open = (more, owner) =>
      this.open(
        `${this.server}/v1/environments/${connectionId}/status/ws?${new URLSearchParams({ ...scope, ...more })}`,
        owner,
      );
    const resume = { resumeFrom: this.last, ...(this.#epoch && { epoch: this.#epoch }) };
    let missing = 2;
    const ready = () => {
      if (--missing > 0) return;
      for (const id of this.#asked.keys()) this.#send(id);
      this.ready();
    };
    this.#control = open({ channel: 'control' }, { opened: ready, text: (socket, text) => this.#answer(socket, text) });
    // The first frame says from where it goes on.
    open({ channel: 'stream', ...resume }, { text: (socket, text) => this.#read(socket, JSON.parse(text), ready) });
  }

  /** What was asked has no answer on these sockets any more. */
  lost() {
    if (this.repeats) return;
    this.told.wrong('unanswered', this.#asked.size);
    this.#asked.clear();
  }

  ask() {
    const id = randomUUID();
    this.#asked.set(id, performance.now());
    this.#send(id);
  }

  /** Questions that wait. */
  get waiting() {
    return this.#asked.size;
  }

  #send(id) {
    this.#control.send(`{"type":"${COMMAND}","request_id":"${id}"}`);
  }

  #answer(socket, text) {
    const { seq, request_id: id, success } = JSON.parse(text);
    if (seq !== undefined) acknowledge(socket, seq, false);
    const at = this.#asked.get(id);
    if (at === undefined) return;
    this.#asked.delete(id);
    if (success === true) this.told.answered(performance.now() - at);
    else this.told.wrong('failedCommands', 1);
  }

  #read(socket, frame, ready) {
    if (frame.seq !== undefined) acknowledge(socket, frame.seq, false);
    if (frame.type === 'resume_status') {
      if (!frame.recovered) this.told.wrong('unrecovered', 1);
      return ready();
    }
    if (frame.type === 'resume_gap') {
      this.told.wrong('toldMissing', frame.to - frame.from + 1);
      this.last = frame.to;
      return undefined;
    }
    const { event_seq: number, event_epoch: epoch } = frame;
    if (number === undefined) return undefined;
    this.#epoch = epoch;
    if (number <= this.last) return this.told.wrong('repeated', 1);
    if (number > this.last + 1) this.told.wrong('lost', number - this.last - 1);
    this.last = number;
    return this.told.event(this, number);
  }
}

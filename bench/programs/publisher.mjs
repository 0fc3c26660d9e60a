// Runtimes that write into the stream of histories as a home does, each batch once the one before is acknowledged, and nothing before that.
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { randomUUID } from 'node:crypto';
import { encodeBatch } from '../../dist/relay/engine/nats/history/history-batch.js';
import { HistorySubjects } from '../../dist/relay/engine/nats/history/history-subjects.js';
import { JetStreamHistoryStream } from '../../dist/relay/engine/nats/history/jetstream-history-stream.js';
import { answer, config, tell } from '../kit/program.mjs';

const { nats, bytes } = config;
/** As the nodes have made it. */
const STREAM = 'TWINLANE_HISTORY_0';
const EPOCH = 'a1b2c3d4';
const RUNTIME = { agent_id: 'agent-1', conversation_id: 'conversation-1' };
const AT_ONCE = 64;

const connection = await connect({ servers: nats.split(',') });
const link = {
  jetstream: jetstream(connection),
  manager: await jetstreamManager(connection),
  maxPayload: connection.info.max_payload,
  ask: (work) => work(),
};
const stream = new JetStreamHistoryStream(link, STREAM);
const frame = JSON.stringify({ type: 'stream_delta', delta: { content: 'x'.repeat(bytes) }, runtime: RUNTIME });

/** One runtime of an environment of its own. */
class Writer {
  #subject = new HistorySubjects(`environment-${randomUUID()}`, 0).events(RUNTIME);
  #name = randomUUID();
  #sequence = 0;
  #first = 1;

  async write(events) {
    const entries = Array.from({ length: events }, (_, index) => {
      const seq = this.#first + index;
      return { seq, through: seq, type: 'stream_delta', frame };
    });
    const last = this.#first + events - 1;
    const label = { term: 1, part: 1, parts: 1, events: { epoch: EPOCH, first: this.#first, last } };
    const id = `${this.#subject}:${this.#name}:"${EPOCH}":${this.#first}-${last}:1`;
    const data = encodeBatch({ runtime: RUNTIME, epoch: EPOCH, entries });
    this.#sequence = await stream.publish({ subject: this.#subject, id, label, data }, this.#sequence);
    this.#first = last + 1;
  }
}

/** @param runtimes that write at the same time @param events in each message */
async function flood({ runtimes, events, seconds }) {
  let messages = 0;
  const begun = performance.now();
  const work = async () => {
    const writer = new Writer();
    for (; performance.now() - begun < seconds * 1_000; messages++) await writer.write(events);
  };
  await Promise.all(Array.from({ length: runtimes }, work));
  return { messages, tookMs: performance.now() - begun };
}

/** So many messages, each of a runtime of its own, or all of a few. */
async function fill({ messages, isOneEach }) {
  let left = messages;
  const work = async () => {
    for (let writer; left > 0; left--) {
      if (!writer || isOneEach) writer = new Writer();
      await writer.write(1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

answer({ flood, fill });
tell({ ready: true });

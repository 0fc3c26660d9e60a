// A listener as they are in use: sends what it has, and pauses while its own socket's buffer is full.
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { config, tell } from '../kit/program.mjs';

const { server, name, split, bytes } = config;
const WATERMARK_BYTES = 512 * 1024;
/** Frames between two turns of the event loop. */
const BURST = 16;
const FRAME = JSON.stringify({ type: 'stream_delta', delta: { content: 'x'.repeat(bytes) } });

async function open(channel) {
  const socket = new WebSocket(`${server}/device/${name}${channel}`, { perMessageDeflate: false });
  await once(socket, 'open');
  return socket;
}

const control = await open(split ? '-control' : '');
const stream = split ? await open('-stream') : control;

control.on('message', (/** @type {Buffer} */ data) => {
  const frame = JSON.parse(data.toString('utf8'));
  if (frame.type === 'go') void streamWithoutLimit();
  else control.send(JSON.stringify({ type: `${frame.type}_response`, request_id: frame.request_id, success: true }));
});

async function streamWithoutLimit() {
  while (stream.readyState === WebSocket.OPEN) {
    for (let i = 0; i < BURST && stream.bufferedAmount < WATERMARK_BYTES; i++) stream.send(FRAME);
    await nextTurn();
    if (stream.bufferedAmount >= WATERMARK_BYTES) await new Promise((resolve) => stream.send(FRAME, resolve));
  }
}

tell({ ready: split ? 'split' : 'one socket' });

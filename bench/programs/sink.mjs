// A server that takes in what a listener sends as cheaply as can be, and acknowledges it as a relay would (protocol section 5).
import { createHash } from 'node:crypto';
import http from 'node:http';
import { config, tell } from '../kit/program.mjs';
import { FrameCounter, serverText } from '../kit/wire.mjs';
import './hook.mjs';

const PING_BYTES = '{"type":"ping"}'.length;
const ACK_MS = 5;
const ACK_BYTES = 32 * 1024;
const WEBSOCKET = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

const server = http.createServer((request, response) => {
  request.resume();
  const capabilities = {
    supportsSplitStatusChannels: true,
    supportsPairedListenerGenerations: true,
    supportsResumableChannels: true,
  };
  const wsUrl = `ws://127.0.0.1:${server.address().port}/listener?lease=1`;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ connectionId: 'conn-1', wsUrl, ...capabilities }));
});

server.on('upgrade', ({ url, headers }, socket) => {
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${WEBSOCKET}`).digest('base64');
  const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  socket.write(`${[...head, `Sec-WebSocket-Accept: ${accept}`].join('\r\n')}\r\n\r\n`);
  socket.setNoDelay(true);
  socket.on('error', () => {});
  const query = new URL(url, 'http://sink.invalid').searchParams;
  if (query.has('connectionGeneration')) greet(socket, query);
  const counter = new FrameCounter(PING_BYTES);
  let acknowledgedBytes = 0;
  let timer;
  const acknowledge = () => {
    clearTimeout(timer);
    timer = undefined;
    acknowledgedBytes = counter.bytes;
    socket.write(serverText(`{"type":"ack","seq":${counter.count},"safe":${counter.count}}`));
  };
  socket.on('data', (part) => {
    counter.push(part);
    if (config.acknowledges === false) return;
    if (counter.bytes - acknowledgedBytes >= ACK_BYTES) acknowledge();
    else timer ??= setTimeout(acknowledge, ACK_MS);
  });
  socket.on('close', () => clearTimeout(timer));
});

function greet(socket, query) {
  const generation = query.get('connectionGeneration');
  const attempt = Number(query.get('connectionAttempt'));
  const ready = { type: 'listener_ready', connection_generation: generation, connection_attempt: attempt };
  socket.write(serverText(JSON.stringify(ready)));
}

server.listen(0, '127.0.0.1', () => tell({ ready: `http://127.0.0.1:${server.address().port}` }));

// The least a server can do: what comes from a device goes to every client of the same name, and back. It understands nothing.
// Paths: /device/NAME and /client/NAME, with the channel in the name where there are two.
import { WebSocketServer } from 'ws';
import '../programs/hook.mjs';
import { config, tell } from '../kit/program.mjs';

const rooms = new Map();
const server = new WebSocketServer({
  host: config.host ?? '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  backlog: 4_096,
});
server.on('connection', (socket, { url }) => {
  const [, side, name] = url.split('/');
  const room = rooms.get(name) ?? { device: new Set(), client: new Set() };
  rooms.set(name, room);
  const others = room[side === 'device' ? 'client' : 'device'];
  room[side].add(socket);
  socket.on('message', (data, isBinary) => {
    for (const other of others) other.send(data, { binary: isBinary });
  });
  socket.on('close', () => room[side].delete(socket));
  socket.on('error', () => {});
});
server.on('listening', () => {
  // A hook's program has no channel that keeps it alive; this one has its server.
  tell({ ready: `ws://${config.host ?? '127.0.0.1'}:${server.address().port}` });
});

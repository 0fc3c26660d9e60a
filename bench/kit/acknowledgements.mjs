// Acknowledgements of thousands of sockets, with one timer for all of them (protocol section 5).
const ACK_MS = 5;

/** Sockets that are owed one, and up to which frame. */
const owed = new Map();
let timer;

/** @param isDevice whether it says also up to where it is responsible */
export function acknowledge(socket, seq, isDevice) {
  owed.set(socket, isDevice ? `{"type":"ack","seq":${seq},"safe":${seq}}` : `{"type":"ack","seq":${seq}}`);
  timer ??= setTimeout(send, ACK_MS);
}

function send() {
  timer = undefined;
  for (const [socket, text] of owed) socket.send(text);
  owed.clear();
}

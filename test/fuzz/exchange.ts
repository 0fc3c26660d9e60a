import net from 'node:net';

export interface Answer {
  readonly status: number;
  /** All behind the head. */
  readonly body: string;
}

/** Writes a request as bytes, whatever they are, and reads the answer to its end. */
export async function exchange(port: number, lines: readonly string[], body: string): Promise<Answer> {
  const socket = net.connect(port, '127.0.0.1');
  const parts: Buffer[] = [];
  const read = new Promise<void>((resolve) => {
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.on('data', (part: Buffer) => {
      parts.push(part);
      if (isWhole(Buffer.concat(parts))) resolve();
    });
  });
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
  await read;
  socket.destroy();
  const text = Buffer.concat(parts).toString('utf8');
  const end = text.indexOf('\r\n\r\n');
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), body: text.slice(end + 4) };
}

function isWhole(bytes: Buffer): boolean {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = bytes.subarray(0, end).toString('latin1');
  if (head.startsWith('HTTP/1.1 101 ')) return true;
  const [, length] = /^content-length: *(\d+)/im.exec(head) ?? [];
  return length !== undefined && bytes.length >= end + 4 + Number(length);
}

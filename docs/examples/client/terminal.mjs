// A terminal is a duplex stream. It lives on over broken connections; nothing that it prints is lost, or comes twice.
import { TwinlaneClient } from 'twinlane/client';
import { WebSocket } from 'ws';

const { TWINLANE_SERVER: server, TWINLANE_TOKEN: token } = process.env;
const client = new TwinlaneClient({ server, token, WebSocket });
const [environment] = await client.environments({ onlineOnly: true });
const attachment = await client.attach(environment);

const terminal = await attachment.openTerminal({ cols: 80, rows: 24, command: 'read -r name; echo "hello $name"' });
terminal.resize(100, 30);
const { readable, writable } = terminal.streams();

const keyboard = writable.getWriter();
await keyboard.write('Ada\r');
await keyboard.close();
await readable.pipeTo(new WritableStream({ write: (text) => void process.stdout.write(text) }));
console.log(`exit code: ${(await terminal.exited).exitCode}`);
attachment.close();

// Every command has a typed answer, or an error with a code.
import { CommandError, TwinlaneClient } from 'twinlane/client';
import { WebSocket } from 'ws';

const { TWINLANE_SERVER: server, TWINLANE_TOKEN: token } = process.env;
const client = new TwinlaneClient({ server, token, WebSocket });
const [environment] = await client.environments({ onlineOnly: true });
const attachment = await client.attach(environment);

await attachment.command('write_file', { path: 'notes.txt', content: 'buy milk\n' });
const { replacements } = await attachment.command('edit_file', {
  file_path: 'notes.txt',
  old_string: 'milk',
  new_string: 'bread',
  expected_replacements: 1,
});
const { content } = await attachment.command('read_file', { path: 'notes.txt' }, { timeoutMs: 10_000 });
console.log(`${replacements} replaced: ${content.trim()}`);

try {
  await attachment.command('read_file', { path: 'no-such-file' }, { signal: AbortSignal.timeout(30_000) });
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  console.log(`${error.command}: ${error.code}`);
}
attachment.close();

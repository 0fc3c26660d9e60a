// Finds an environment, runs one turn in a new conversation, and prints what it prints.
import { isEvent, isGap, TwinlaneClient } from 'twinlane/client';
import { WebSocket } from 'ws'; // browsers, and Node from 22 on, have their own

const { TWINLANE_SERVER: server, TWINLANE_TOKEN: token } = process.env;
const client = new TwinlaneClient({ server, token, WebSocket });

const [environment] = await client.environments({ onlineOnly: true });
if (!environment) throw new Error('No environment is online; start a listener.');

const attachment = await client.attach(environment);
await attachment.runtimeStart({ agent_id: null });

const turn = await attachment.turn('echo "hello from $(basename "$PWD")"');
for await (const event of turn) {
  if (isGap(event)) console.log(`(${event.from} to ${event.to ?? 'the end'} were lost)`);
  if (isEvent(event, 'stream_delta') && event.delta.tool_return) process.stdout.write(event.delta.tool_return);
}
console.log(`ended: ${turn.outcome.stop_reason}`);
attachment.close();

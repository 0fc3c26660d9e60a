// Lists the conversations of an environment, online or not, and prints the end of the newest one.
import { isEvent, isReplayed, TwinlaneClient } from 'twinlane/client';
import { WebSocket } from 'ws';

const { TWINLANE_SERVER: server, TWINLANE_TOKEN: token } = process.env;
const client = new TwinlaneClient({ server, token, WebSocket });
const [environment] = await client.environments();

const { runtimes } = await client.runtimes(environment);
for (const { runtime, events, loopStatus } of runtimes)
  console.log(`${runtime.conversation_id}: ${events} events, ${loopStatus}`);

const [newest] = runtimes;
const attachment = await client.attach(environment, { runtime: newest.runtime, history: 50 });
for await (const event of attachment.events()) {
  // After the past comes the state, and then what happens.
  if (isReplayed(event)) break;
  if (isEvent(event, 'stream_delta')) console.log(`${event.event_seq} ${event.delta.message_type}`);
}
attachment.close();

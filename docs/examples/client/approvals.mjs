// Answers what a turn asks before it does it. Whose answer counted, the device tells everybody.
import { CommandError, isEvent, TwinlaneClient } from 'twinlane/client';
import { WebSocket } from 'ws';

const { TWINLANE_SERVER: server, TWINLANE_TOKEN: token } = process.env;
const client = new TwinlaneClient({ server, token, WebSocket });
const [environment] = await client.environments({ onlineOnly: true });
const attachment = await client.attach(environment);
await attachment.runtimeStart({ agent_id: null, mode: 'standard' });

for await (const event of await attachment.turn('echo approved')) {
  if (isEvent(event, 'control_request')) {
    console.log(`asked: ${event.request.tool_name} ${JSON.stringify(event.request.input)}`);
    try {
      await attachment.answerApproval(event.request_id, { behavior: 'allow' });
    } catch (error) {
      // Another client was first, or the turn has ended.
      if (!(error instanceof CommandError) || error.code !== 'ALREADY_ANSWERED') throw error;
      console.log(error.message);
    }
  }
  if (isEvent(event, 'control_request_resolved')) console.log(`resolved: ${event.outcome}`);
  if (isEvent(event, 'turn_finished')) console.log(`ended: ${event.stop_reason}`);
}
attachment.close();

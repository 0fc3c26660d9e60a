// What a dashboard shows: environments as they come and go, and how the own connection is.
import { TwinlaneClient } from 'twinlane/client';
import { WebSocket } from 'ws';

const { TWINLANE_SERVER: server, TWINLANE_TOKEN: token } = process.env;
const client = new TwinlaneClient({ server, token, WebSocket });

let attachment;
for await (const { environments, changes, error } of client.watchEnvironments()) {
  if (error) console.log(`not known now: ${error.message}`);
  for (const { kind, environment } of changes) console.log(`${kind}: ${environment.connectionName}`);
  const online = environments.find(({ connectionId }) => connectionId !== null);
  if (!online) continue;
  attachment = await client.attach(online);
  break; // nothing is asked for any more
}

const leaving = new AbortController();
for await (const sample of attachment.metrics({ signal: leaving.signal })) {
  const { state, control, stream, roundTripMs } = sample;
  console.log(`${state.phase}: control ${control.socket}, stream ${stream.socket}`);
  if (roundTripMs === undefined) continue;
  console.log('control answers');
  leaving.abort();
}
attachment.close();

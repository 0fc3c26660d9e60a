// In a page: WebSocket and fetch are the browser's own, and no build step is needed beyond a bundler's.
import { isEvent, isReplayed, TwinlaneClient } from 'twinlane/client';

/**
 * Follows a conversation from its beginning, for as long as it is shown.
 *
 * @param {import('twinlane/client').Runtime} runtime
 * @param {(text: string) => void} show
 * @param {AbortSignal} leaving aborted when the page shows something else
 */
export async function follow(token, environment, runtime, show, leaving) {
  const client = new TwinlaneClient({ server: location.origin, token });
  const attachment = await client.attach(environment, { runtime, history: 'all', signal: leaving });
  const telling = tellStates(attachment, show);
  for await (const event of attachment.events({ signal: leaving })) {
    if (isReplayed(event)) continue;
    if (isEvent(event, 'stream_delta') && event.delta.tool_return) show(event.delta.tool_return);
  }
  attachment.close(); // another conversation is another attachment
  await telling;
}

async function tellStates(attachment, show) {
  for await (const state of attachment.states()) {
    if (state.phase === 'reconnecting') show(`(${state.reason}; trying again)`);
    if (state.phase === 'open' && state.resumed === true) show('(back, nothing was lost)');
    if (state.phase === 'open' && state.resumed === false) show('(back, and something was lost)');
  }
}

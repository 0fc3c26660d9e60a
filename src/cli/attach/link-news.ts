import type { Attachment } from '../../client/index.js';
import type { Output } from '../output.js';
import { visible } from '../text.js';

/** Says when the connection breaks and when it is back, until the attachment is closed. */
export async function tellLinkNews(attachment: Attachment, output: Output): Promise<void> {
  let broken = false;
  for await (const state of attachment.states()) {
    if (state.phase === 'reconnecting')
      await output.line(`The connection broke (${visible(state.reason)}); trying again.`);
    if (state.phase === 'open' && broken) await output.line('Connected again.');
    broken = state.phase === 'reconnecting';
  }
}

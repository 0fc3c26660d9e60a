import type { Attachment, AttachmentState, ListenerPresence } from '../../client/index.js';
import type { Output } from '../output.js';
import { visible, visibleLine } from '../text.js';

/**
 * Says when the connection breaks, and what its coming back means, until the attachment is closed.
 *
 * @param saw told of every state, before anything is said of it
 */
export async function tellLinkNews(
  attachment: Pick<Attachment, 'states'>,
  output: Output,
  saw: (state: AttachmentState) => void = () => {},
): Promise<void> {
  let broken = false;
  for await (const state of attachment.states()) {
    saw(state);
    if (state.phase === 'reconnecting') {
      broken = true;
      await output.line(`The connection broke (${visible(state.reason)}); trying again. Turns go on meanwhile.`);
    } else if (state.phase === 'open' && broken && state.resumed !== undefined) {
      broken = false;
      await output.line(
        state.resumed
          ? 'Connected again: what happened meanwhile follows, nothing is lost.'
          : 'Connected again, but not all that happened meanwhile was kept; output may be missing.',
      );
    }
  }
}

/**
 * Says when the listener is not there while it is waited for, and when it is back, until the attachment is closed.
 *
 * @param name of the environment
 * @param saw told of every presence, before anything is said of it
 */
export async function tellListenerNews(
  attachment: Pick<Attachment, 'presences'>,
  name: string,
  output: Output,
  saw: (presence: ListenerPresence) => void = () => {},
): Promise<void> {
  let gone = false;
  for await (const presence of attachment.presences()) {
    saw(presence);
    if ((presence !== 'linked') === gone) continue;
    gone = !gone;
    await output.line(
      gone
        ? `The listener of ${visibleLine(name)} is away; waiting for it (Ctrl-C leaves).`
        : `The listener of ${visibleLine(name)} is back.`,
    );
  }
}

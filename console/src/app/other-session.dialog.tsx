import type { SessionInfo } from 'twinlane/client';
import { Button, Dialog } from '../ui/index.js';
import { useConsole } from './console-context.js';
import { nameOf } from './name-of.js';
import type { OtherSession } from './session.store.js';

/** Asks before a link takes a session away: whoever made the link may want that one works under their token, and sees it. */
export function OtherSessionDialog({ mine, other }: OtherSession) {
  const { session } = useConsole();
  return (
    <Dialog title="Sign in as somebody else?" onClose={() => session.decline()}>
      <dl class="other-session">
        <Person label="You are" info={mine} />
        <Person label="The link signs in" info={other} />
      </dl>
      <p>
        Whatever you do after that is done as {nameOf(other)}, and may be seen by whoever made the link. If you did not
        expect it, stay.
      </p>
      <div class="other-session__buttons">
        <Button onClick={() => void session.accept()}>Sign in as {nameOf(other)}</Button>
        <Button kind="primary" onClick={() => session.decline()}>
          Stay {nameOf(mine)}
        </Button>
      </div>
    </Dialog>
  );
}

function Person({ label, info }: { readonly label: string; readonly info: SessionInfo }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <strong>{nameOf(info)}</strong> of organisation {info.organizationId}
        <br />
        <code>{info.tokenId}</code>
      </dd>
    </div>
  );
}

import { useEffect } from 'preact/hooks';
import { Button, Notice, Waiting } from '../ui/index.js';
import { ConsoleContext, useConsole, useTitle, type Console } from './console-context.js';
import { OtherSessionDialog } from './other-session.dialog.js';
import { PageOfPath } from './pages-of-path.js';
import { Shell } from './shell.js';
import { SignInPage } from './sign-in.page.js';

/** A relay that does not answer is asked again this often, in ms. */
const ASK_AGAIN_MS = 3_000;

export function ConsoleApp({ console }: { readonly console: Console }) {
  return (
    <ConsoleContext.Provider value={console}>
      <ForWhoever />
    </ConsoleContext.Provider>
  );
}

function ForWhoever() {
  const { session } = useConsole();
  const state = session.state.value;
  const asked = session.asked.value;
  switch (state.phase) {
    case 'checking':
      return state.token ? <SignInPage busy /> : <Waiting label="Asking the relay who you are" />;
    case 'signed-out':
      return <SignInPage busy={false} reason={state.reason} />;
    case 'unknown':
      return <NoRelay reason={state.reason} />;
    case 'replaced':
      return <Replaced />;
    case 'signed-in':
      return (
        <Shell info={state.info}>
          <PageOfPath />
          {asked && <OtherSessionDialog mine={asked.mine} other={asked.other} />}
        </Shell>
      );
  }
}

function Replaced() {
  const { session } = useConsole();
  useTitle('Signed in as somebody else');
  return (
    <main class="sign-in" id="main">
      <div class="sign-in__form">
        <h1>Signed in as somebody else</h1>
        <Notice tone="bad">
          Another tab of this browser has signed in with another token. This page has stopped, so that nothing is done
          here under that name.
        </Notice>
        <Button kind="primary" onClick={() => session.goOn()}>
          Go on as the other one
        </Button>
      </div>
    </main>
  );
}

function NoRelay({ reason }: { readonly reason: string }) {
  const { session, clock } = useConsole();
  useEffect(() => {
    const timer = clock.after(ASK_AGAIN_MS, () => void session.begin(undefined));
    return () => timer.cancel();
  }, [reason]);
  return (
    <main class="sign-in" id="main">
      <div class="sign-in__form">
        <h1>The relay does not answer</h1>
        <Notice tone="bad">{reason}</Notice>
        <p>This page asks again by itself.</p>
        <Button onClick={() => void session.begin(undefined)}>Ask now</Button>
      </div>
    </main>
  );
}

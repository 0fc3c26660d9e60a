import { useState } from 'preact/hooks';
import { Button, CommandLine, Field, Notice } from '../ui/index.js';
import { useConsole, useTitle } from './console-context.js';
import { Logo } from './logo.js';

/** Asks for a token. @param reason why somebody is here who was signed in, or tried to be */
export function SignInPage({ reason, busy }: { readonly reason?: string | undefined; readonly busy: boolean }) {
  const { session, server } = useConsole();
  const [token, setToken] = useState('');
  const [missing, setMissing] = useState(false);
  useTitle('Sign in');
  const submit = (event: Event) => {
    event.preventDefault();
    setMissing(token.trim() === '');
    if (token.trim() !== '') void session.signIn(token.trim());
  };
  return (
    <main class="sign-in" id="main">
      <form class="sign-in__form" onSubmit={submit}>
        <Logo size={40} />
        <div>
          <h1>Sign in</h1>
          <p class="sign-in__where">to the relay at {server.host + server.pathname.replace(/\/$/, '')}</p>
        </div>
        {reason !== undefined && !busy && <Notice tone="bad">{reason}</Notice>}
        <Field
          label="Token"
          secret
          autocomplete="current-password"
          focused
          value={token}
          onChange={setToken}
          error={missing ? 'Enter a token.' : undefined}
        />
        <Button kind="primary" type="submit" disabled={busy}>
          {busy ? 'Signing in…' : 'Sign in'}
        </Button>
        <details class="sign-in__help">
          <summary>Where do I get one?</summary>
          <p>
            <code>npx twinlane start</code> and <code>npx twinlane relay</code> print a link that signs in. For others,
            make a token where the relay runs:
          </p>
          <CommandLine text="npx twinlane tokens create ada --may-approve" />
          <p>The token is kept in a cookie of this browser that no page can read, until you sign out.</p>
        </details>
      </form>
    </main>
  );
}

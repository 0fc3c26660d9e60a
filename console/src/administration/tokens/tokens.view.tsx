import { useState } from 'preact/hooks';
import type { TokenEntry, TwinlaneClient } from 'twinlane/client';
import { useConsole } from '../../app/index.js';
import { Badge, Button, timeAgo, type Tone } from '../../ui/index.js';
import { Answered } from '../answered.js';
import { ConfirmDialog } from '../confirm.dialog.js';
import { Moment } from '../moment.js';
import { SectionHead } from '../section-head.js';
import { useAsked } from '../use-asked.js';
import { TokenForm } from './token-form.js';

const list = async (client: TwinlaneClient): Promise<readonly TokenEntry[]> =>
  (await client.administration.tokens()).toSorted((a, b) => rank(a) - rank(b) || b.createdAt - a.createdAt);

const TONES: Readonly<Record<TokenEntry['state'], Tone>> = { active: 'good', expired: 'quiet', revoked: 'quiet' };

/** Those that are of use first. */
function rank({ state }: TokenEntry): number {
  return state === 'active' ? 0 : 1;
}

/** Who may do what: every token that one administers. */
export function TokensView() {
  const { client, session, toasts } = useConsole();
  const asked = useAsked(list);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<TokenEntry>();
  return (
    <>
      <SectionHead
        title="Tokens"
        about="What listeners, people and programs show the relay; each may do what is written here."
      >
        <Button kind="primary" onClick={() => setMaking(true)}>
          New token
        </Button>
      </SectionHead>
      <Answered asked={asked}>
        {(tokens) =>
          tokens.length === 0 ? (
            <p class="administration__none">None yet. Tokens of the relay’s configuration are not listed.</p>
          ) : (
            <div class="administration__scroll">
              <table class="rows">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Role</th>
                    <th scope="col">May</th>
                    <th scope="col">Environments</th>
                    <th scope="col">Last used</th>
                    <th scope="col">Expires</th>
                    <th scope="col">
                      <span class="visually-hidden">Revoke</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {tokens.map((token) => (
                    <TokenRow
                      key={token.id}
                      token={token}
                      own={token.id === session.info?.tokenId}
                      several={session.info?.mayOperate === true}
                      onRevoke={() => setRevoking(token)}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answered>
      {making && <TokenForm onMade={() => void asked.ask()} onClose={() => setMaking(false)} />}
      {revoking && (
        <ConfirmDialog
          title={`Revoke ${revoking.name}?`}
          action="Revoke"
          onClose={() => setRevoking(undefined)}
          run={async () => {
            await client.administration.revokeToken(revoking.id);
            toasts.show(`${revoking.name} was revoked.`, 'good');
            await asked.ask();
          }}
        >
          Whoever uses it is disconnected at once, and its terminals end. It cannot be taken back.
        </ConfirmDialog>
      )}
    </>
  );
}

interface TokenRowProps {
  readonly token: TokenEntry;
  /** Whether one is signed in with it. */
  readonly own: boolean;
  /** Whether there is more than one organisation to tell apart. */
  readonly several: boolean;
  readonly onRevoke: () => void;
}

function TokenRow({ token, own, several, onRevoke }: TokenRowProps) {
  const { now } = useConsole();
  const { id, name, role, state, organizationId, environments, lastUsedAt, expiresAt } = token;
  return (
    <tr class={state === 'active' ? '' : 'rows__past'}>
      <th scope="row">
        <span class="rows__name">
          {name} {state !== 'active' && <Badge tone={TONES[state]}>{state}</Badge>}
          {own && <Badge tone="accent">yours</Badge>}
        </span>
        <span class="rows__id">{several ? `${organizationId} · ${id}` : id}</span>
      </th>
      <td data-label="Role">{role}</td>
      <td data-label="May">{rightsOf(token)}</td>
      <td data-label="Environments">
        {environments.every((pattern) => pattern === '*') ? 'all' : <code>{environments.join(', ')}</code>}
      </td>
      <td data-label="Last used">{lastUsedAt === null ? 'never' : timeAgo(lastUsedAt, now.value)}</td>
      <td data-label="Expires">{expiresAt === null ? 'never' : <Moment at={expiresAt} />}</td>
      <td class="rows__action">
        {state === 'active' && (
          <Button kind="plain" aria-label={`Revoke ${name}`} onClick={onRevoke}>
            Revoke
          </Button>
        )}
      </td>
    </tr>
  );
}

function rightsOf({ role, access, mayApprove }: TokenEntry): string {
  if (role === 'device') return 'run a listener';
  if (role === 'admin') return 'administer, steer, approve';
  if (access === 'watch') return 'watch';
  return mayApprove ? 'steer, approve' : 'steer';
}

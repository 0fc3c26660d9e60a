import { useState } from 'preact/hooks';
import type { CreatedToken } from 'twinlane/client';
import { useConsole } from '../../app/index.js';
import { Button, CommandLine, Dialog, Field, Notice, messageOf } from '../../ui/index.js';
import { Choice } from '../choice.js';
import { NEW_DRAFT, requestOf, type Expiry, type TokenDraft } from './token-draft.js';

const ROLES = [
  ['client', 'client: watches and steers'],
  ['device', 'device: runs a listener'],
  ['admin', 'admin: watches, steers and administers'],
] as const;
const ACCESSES = [
  ['steer', 'watch and steer'],
  ['watch', 'watch only'],
] as const;
const EXPIRY_LABELS: readonly (readonly [Expiry, string])[] = [
  ['day', 'in a day'],
  ['week', 'in a week'],
  ['month', 'in 30 days'],
  ['year', 'in a year'],
  ['never', 'never'],
];

interface TokenFormProps {
  readonly onMade: () => void;
  readonly onClose: () => void;
}

/** Makes a token, and shows it the one time that it can be shown. */
export function TokenForm({ onMade, onClose }: TokenFormProps) {
  const { client, clock, session } = useConsole();
  const [draft, setDraft] = useState<TokenDraft>(NEW_DRAFT);
  const [made, setMade] = useState<CreatedToken>();
  const [error, setError] = useState<string>();
  const [busy, setBusy] = useState(false);
  const change = (some: Partial<TokenDraft>) => setDraft((before) => ({ ...before, ...some }));
  const submit = async (event: Event) => {
    event.preventDefault();
    if (draft.name.trim() === '') return setError('Give it a name: who or what it is for.');
    setBusy(true);
    setError(undefined);
    try {
      setMade(await client.administration.createToken(requestOf(draft, clock.now())));
      onMade();
    } catch (failure) {
      if (!session.noticed(failure)) setError(messageOf(failure));
    }
    setBusy(false);
  };
  if (made) return <Secret made={made} onClose={onClose} />;
  return (
    <Dialog title="New token" onClose={onClose}>
      <form class="administration__form" onSubmit={(event) => void submit(event)}>
        <Field
          label="Name"
          focused
          value={draft.name}
          onChange={(name) => change({ name })}
          hint="Who or what it is for."
        />
        <div class="administration__row">
          <Choice label="Role" value={draft.role} options={ROLES} onChange={(role) => change({ role })} />
          <Choice
            label="Expires"
            value={draft.expiry}
            options={EXPIRY_LABELS}
            onChange={(expiry) => change({ expiry })}
          />
        </div>
        {draft.role !== 'admin' && (
          <Field
            label="Environments"
            value={draft.environments}
            placeholder="all"
            onChange={(environments) => change({ environments })}
            hint="Names, apart by commas; * stands for any characters, as in ci-*."
          />
        )}
        {draft.role === 'client' && (
          <>
            <Choice label="Access" value={draft.access} options={ACCESSES} onChange={(access) => change({ access })} />
            {draft.access === 'steer' && (
              <label class="administration__check">
                <input
                  type="checkbox"
                  checked={draft.mayApprove}
                  onChange={(event) => change({ mayApprove: event.currentTarget.checked })}
                />
                may approve what a turn asks for
              </label>
            )}
          </>
        )}
        {session.info?.mayOperate && (
          <Field
            label="Organisation"
            value={draft.organizationId}
            placeholder={session.info.organizationId}
            onChange={(organizationId) => change({ organizationId })}
          />
        )}
        {error !== undefined && <Notice tone="bad">{error}</Notice>}
        <div class="administration__buttons">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" disabled={busy}>
            Make token
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Secret({ made, onClose }: { readonly made: CreatedToken; readonly onClose: () => void }) {
  return (
    <Dialog title={`The token of ${made.name}`} onClose={onClose}>
      <p>Copy it now: it is shown this once, and the relay keeps only what it can recognise it by.</p>
      <CommandLine text={made.token} />
      <div class="administration__buttons">
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}

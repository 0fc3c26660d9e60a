import { useEffect, useMemo, useState } from 'preact/hooks';
import { AUDIT_KINDS } from 'twinlane/protocol';
import type { AuditKind } from 'twinlane/client';
import { useConsole } from '../../app/index.js';
import { Button, Field, Notice, Waiting } from '../../ui/index.js';
import { Choice } from '../choice.js';
import { SectionHead } from '../section-head.js';
import { AuditRow } from './audit-row.js';
import { AuditStore, EVERYTHING, type Wanted } from './audit.store.js';
import { TimeField } from './time-field.js';

const KINDS: readonly (readonly [AuditKind | '', string])[] = [
  ['', 'all kinds'],
  ...AUDIT_KINDS.map((kind) => [kind, kind.replaceAll('_', ' ')] as const),
];

/** Who did what, the newest first; what comes meanwhile appears by itself. */
export function AuditView() {
  const { client, clock, visible, session } = useConsole();
  const store = useMemo(
    () =>
      new AuditStore({
        audit: (filter) => client.administration.audit(filter),
        clock,
        visible,
        noticed: (error) => session.noticed(error),
      }),
    [client, clock, visible, session],
  );
  useEffect(() => store.use(), [store]);
  const entries = store.entries.value;
  const error = store.error.value;
  const [busy, setBusy] = useState(false);
  const older = () => {
    setBusy(true);
    void store.showOlder().finally(() => setBusy(false));
  };
  return (
    <>
      <SectionHead
        title="Audit log"
        about="Who did what, the newest first. What happens while you look appears by itself."
      />
      <Filters store={store} />
      {error !== undefined && <Notice tone="bad">{error}</Notice>}
      {entries === undefined && error === undefined && <Waiting label="Asking the relay" />}
      {entries?.length === 0 && <p class="administration__none">Nothing that fits.</p>}
      {entries !== undefined && entries.length > 0 && (
        <ol class="audit" aria-label="Audit log">
          {entries.map((entry) => (
            <AuditRow
              key={entry.id}
              entry={entry}
              show={(some) => (store.wanted.value = { ...store.wanted.peek(), ...some })}
            />
          ))}
        </ol>
      )}
      {store.hasOlder && (
        <div>
          <Button disabled={busy} onClick={older}>
            Show older
          </Button>
        </div>
      )}
    </>
  );
}

function Filters({ store }: { readonly store: AuditStore }) {
  const wanted = store.wanted.value;
  const change = (some: Partial<Wanted>) => (store.wanted.value = { ...store.wanted.peek(), ...some });
  return (
    <form class="audit-filters" aria-label="Filter" onSubmit={(event) => event.preventDefault()}>
      <Choice label="Kind" value={wanted.kind} options={KINDS} onChange={(kind) => change({ kind })} />
      <Field
        label="Environment"
        placeholder="name or id"
        value={wanted.environment}
        onChange={(environment) => change({ environment })}
      />
      <Field label="Token" placeholder="id" value={wanted.token} onChange={(token) => change({ token })} />
      <TimeField label="From" value={wanted.from} onChange={(from) => change({ from })} />
      <TimeField label="Before" value={wanted.to} onChange={(to) => change({ to })} />
      {wanted !== EVERYTHING && <Button onClick={() => (store.wanted.value = EVERYTHING)}>Show all</Button>}
    </form>
  );
}

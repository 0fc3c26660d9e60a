import { useState } from 'preact/hooks';
import type { EnvironmentRecord, TwinlaneClient } from 'twinlane/client';
import { environmentHref, useConsole } from '../app/index.js';
import { presenceView } from '../environments/index.js';
import { Badge, Button, timeAgo } from '../ui/index.js';
import { Answered } from './answered.js';
import { ConfirmDialog } from './confirm.dialog.js';
import { Moment } from './moment.js';
import { SectionHead } from './section-head.js';
import { useAsked } from './use-asked.js';

const list = async (client: TwinlaneClient): Promise<readonly EnvironmentRecord[]> =>
  (await client.environments()).toSorted((a, b) => a.connectionName.localeCompare(b.connectionName));

type Change = { readonly kind: 'release' | 'delete'; readonly environment: EnvironmentRecord };

/** What is kept of listeners, whether they are there or not. */
export function EnvironmentsView() {
  const { client, now, toasts } = useConsole();
  const asked = useAsked(list);
  const [change, setChange] = useState<Change>();
  return (
    <>
      <SectionHead
        title="Environments"
        about="Each belongs to the token that registered it first. Released, another token may register it; deleted, nothing of it is kept."
      />
      <Answered asked={asked}>
        {(environments) =>
          environments.length === 0 ? (
            <p class="administration__none">None yet.</p>
          ) : (
            <div class="administration__scroll">
              <table class="rows">
                <thead>
                  <tr>
                    <th scope="col">Name</th>
                    <th scope="col">Listener</th>
                    <th scope="col">Last seen</th>
                    <th scope="col">First seen</th>
                    <th scope="col">
                      <span class="visually-hidden">Release or delete</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {environments.map((environment) => (
                    <EnvironmentRow
                      key={environment.id}
                      environment={environment}
                      now={now.value}
                      onChange={setChange}
                    />
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Answered>
      {change?.kind === 'release' && (
        <ConfirmDialog
          title={`Release ${change.environment.connectionName}?`}
          action="Release"
          onClose={() => setChange(undefined)}
          run={async () => {
            await client.administration.releaseEnvironment(change.environment.id);
            toasts.show(`${change.environment.connectionName} was released.`, 'good');
            await asked.ask();
          }}
        >
          Its listener stops, and any token that may register this name can take it over. What it has sent is kept.
        </ConfirmDialog>
      )}
      {change?.kind === 'delete' && (
        <ConfirmDialog
          title={`Delete ${change.environment.connectionName}?`}
          action="Delete"
          typed={change.environment.connectionName}
          onClose={() => setChange(undefined)}
          run={async () => {
            await client.administration.deleteEnvironment(change.environment.id);
            toasts.show(`${change.environment.connectionName} was deleted.`, 'good');
            await asked.ask();
          }}
        >
          Its listener stops, and the relay forgets its conversations. What is on the device stays there. It cannot be
          taken back.
        </ConfirmDialog>
      )}
    </>
  );
}

interface EnvironmentRowProps {
  readonly environment: EnvironmentRecord;
  /** Epoch ms. */
  readonly now: number;
  readonly onChange: (change: Change) => void;
}

function EnvironmentRow({ environment, now, onChange }: EnvironmentRowProps) {
  const { id, connectionName, deviceId, lastSeenAt, firstSeenAt } = environment;
  const { tone, state } = presenceView(environment, now);
  return (
    <tr>
      <th scope="row">
        <a class="rows__name" href={environmentHref(id)}>
          {connectionName}
        </a>
        <span class="rows__id">{deviceId}</span>
      </th>
      <td data-label="Listener">
        <Badge tone={tone}>{state}</Badge>
      </td>
      <td data-label="Last seen">{timeAgo(lastSeenAt, now)}</td>
      <td data-label="First seen">
        <Moment at={firstSeenAt} />
      </td>
      <td class="rows__action">
        <Button
          kind="plain"
          aria-label={`Release ${connectionName}`}
          onClick={() => onChange({ kind: 'release', environment })}
        >
          Release
        </Button>
        <Button
          kind="plain"
          aria-label={`Delete ${connectionName}`}
          onClick={() => onChange({ kind: 'delete', environment })}
        >
          Delete
        </Button>
      </td>
    </tr>
  );
}

import { useState } from 'preact/hooks';
import type { OrganizationEntry, TwinlaneClient } from 'twinlane/client';
import { useConsole } from '../app/index.js';
import { Badge, Button, Dialog, Field, Notice, messageOf } from '../ui/index.js';
import { Answered } from './answered.js';
import { ConfirmDialog } from './confirm.dialog.js';
import { Moment } from './moment.js';
import { SectionHead } from './section-head.js';
import { useAsked } from './use-asked.js';

const list = (client: TwinlaneClient): Promise<readonly OrganizationEntry[]> => client.administration.organizations();

/** Who shares the relay without seeing one another. */
export function OrganizationsView() {
  const { client, session, toasts } = useConsole();
  const asked = useAsked(list);
  const [making, setMaking] = useState(false);
  const [deleting, setDeleting] = useState<OrganizationEntry>();
  return (
    <>
      <SectionHead
        title="Organisations"
        about="Tokens and environments belong to one organisation each, and see nothing of the others."
      >
        <Button kind="primary" onClick={() => setMaking(true)}>
          New organisation
        </Button>
      </SectionHead>
      <Answered asked={asked}>
        {(organizations) => (
          <div class="administration__scroll">
            <table class="rows">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Made</th>
                  <th scope="col">
                    <span class="visually-hidden">Delete</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {organizations.map((one) => (
                  <tr key={one.id}>
                    <th scope="row">
                      <span class="rows__name">
                        {one.name} {one.id === session.info?.organizationId && <Badge tone="accent">yours</Badge>}
                      </span>
                      <span class="rows__id">{one.id}</span>
                    </th>
                    <td data-label="Made">
                      <Moment at={one.createdAt} />
                    </td>
                    <td class="rows__action">
                      {one.id !== session.info?.organizationId && (
                        <Button kind="plain" aria-label={`Delete ${one.name}`} onClick={() => setDeleting(one)}>
                          Delete
                        </Button>
                      )}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Answered>
      {making && <OrganizationForm onMade={() => void asked.ask()} onClose={() => setMaking(false)} />}
      {deleting && (
        <ConfirmDialog
          title={`Delete ${deleting.name}?`}
          action="Delete"
          typed={deleting.id}
          onClose={() => setDeleting(undefined)}
          run={async () => {
            const gone = await client.administration.deleteOrganization(deleting.id);
            const { revokedTokens: tokens, deletedEnvironments: environments } = gone;
            toasts.show(`${gone.name} was deleted, with ${tokens} tokens and ${environments} environments.`, 'good');
            await asked.ask();
          }}
        >
          Its tokens are revoked, its environments are deleted with everything that they have sent, and its id is never
          given again. It cannot be taken back.
        </ConfirmDialog>
      )}
    </>
  );
}

function OrganizationForm({ onMade, onClose }: { readonly onMade: () => void; readonly onClose: () => void }) {
  const { client, session } = useConsole();
  const [id, setId] = useState('');
  const [name, setName] = useState('');
  const [error, setError] = useState<string>();
  const submit = async (event: Event) => {
    event.preventDefault();
    try {
      const called = name.trim() === '' ? {} : { name: name.trim() };
      await client.administration.createOrganization({ id: id.trim(), ...called });
      onMade();
      onClose();
    } catch (failure) {
      if (!session.noticed(failure)) setError(messageOf(failure));
    }
  };
  return (
    <Dialog title="New organisation" onClose={onClose}>
      <form class="administration__form" onSubmit={(event) => void submit(event)}>
        <Field label="Id" focused value={id} onChange={setId} hint="What tokens name it by; it cannot be changed." />
        <Field label="Name" value={name} placeholder={id} onChange={setName} hint="What people read." />
        {error !== undefined && <Notice tone="bad">{error}</Notice>}
        <div class="administration__buttons">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit">
            Make organisation
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

import { computed } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useMemo } from 'preact/hooks';
import type { EnvironmentRecord } from 'twinlane/client';
import { environmentHref, hrefTo, useConsole, useTitle } from '../app/index.js';
import { Button, Icon, Notice, Tabs, Waiting } from '../ui/index.js';
import type { AttachedEnvironment, TieState } from './attached-environment.store.js';
import { factsOf } from './environment-facts.js';
import type { EnvironmentStatusProps, EnvironmentTab } from './environment-tab.js';
import './environment.css';
import { PresenceBadge } from './presence-badge.js';
import { presenceView } from './presence-view.js';
import { useAttached } from './use-attached.js';
import { useEnvironments } from './use-environments.js';

interface EnvironmentPageProps {
  readonly id: string;
  readonly tabs: readonly EnvironmentTab[];
  /** What goes on beside whichever tab is shown. */
  readonly statuses: readonly ComponentType<EnvironmentStatusProps>[];
  /** From the address; the first one where it names none. */
  readonly tab: string | undefined;
  readonly path: readonly string[];
}

/** One environment: what is known of it, and its tabs. One that is offline opens too, for its history. */
export function EnvironmentPage({ id, tabs, statuses, tab, path }: EnvironmentPageProps) {
  const store = useEnvironments();
  const attached = useAttached(id);
  const environment = useMemo(() => {
    const record = computed(() => store.records.value?.find((one) => one.id === id));
    return { id, record };
  }, [store, id]);
  const record = environment.record.value;
  const current = tabs.find((one) => one.id === tab) ?? tabs[0];
  useTitle([record?.connectionName ?? 'Environment', ...(current ? [current.label] : [])].join(' · '));
  if (!record) return store.records.value === undefined ? <Waiting label="Asking the relay" /> : <Unknown />;
  const links = tabs.map(({ id: tabId, label, icon }) => ({
    id: tabId,
    label,
    icon,
    href: environmentHref(id, tabId),
  }));
  return (
    <div class="environment">
      {statuses.map((Status, index) => (
        <Status key={index} environment={environment} attached={attached} />
      ))}
      <EnvironmentHeader record={record} />
      <Tabs label={`Views of ${record.connectionName}`} tabs={links} current={current?.id ?? ''} />
      <TieNotice attached={attached} />
      <div class="environment__view">
        {current && <current.View key={current.id} environment={environment} attached={attached} path={path} />}
      </div>
    </div>
  );
}

function EnvironmentHeader({ record }: { readonly record: EnvironmentRecord }) {
  const { now } = useConsole();
  const { directory, version, system, mode, branch } = factsOf(record);
  const presence = presenceView(record, now.value);
  return (
    <header class="environment-header">
      <a class="environment-header__back" href={hrefTo()} aria-label="All environments" title="All environments">
        <Icon name="chevronLeft" />
      </a>
      <h1>{record.connectionName}</h1>
      <PresenceBadge presence={presence} />
      <ul class="environment-header__facts">
        {directory !== undefined && (
          <li title="Working directory">
            <Icon name="folder" size={13} />
            <bdi>{directory}</bdi>
          </li>
        )}
        {branch !== undefined && (
          <li title="Branch">
            <Icon name="branch" size={13} />
            {branch}
          </li>
        )}
        {mode !== undefined && <li title="Permission mode">mode {mode}</li>}
        {system !== undefined && <li class="environment-header__device">{system}</li>}
        {version !== undefined && (
          <li class="environment-header__device" title="Version of the listener">
            v{version}
          </li>
        )}
      </ul>
      {presence.reason !== undefined && <p class="environment-header__reason">{presence.reason}</p>}
    </header>
  );
}

function TieNotice({ attached }: { readonly attached: AttachedEnvironment }) {
  const { now } = useConsole();
  const text = textOf(attached.state.value, now.value);
  if (text === undefined) return null;
  const actions =
    attached.state.value.phase === 'failed' ? <Button onClick={() => attached.tryNow()}>Try now</Button> : undefined;
  return (
    <Notice tone="warn" actions={actions}>
      {text}
    </Notice>
  );
}

/** What a person must know of the tie; nothing while all is well. */
function textOf(state: TieState, now: number): string | undefined {
  switch (state.phase) {
    case 'opening':
    case 'open':
      return undefined;
    case 'reconnecting':
      return `Not connected to the relay (${state.reason}). Trying again; what happens meanwhile is shown afterwards.`;
    case 'failed':
      return `${state.reason} Next try in ${Math.max(0, Math.ceil((state.againAt - now) / 1_000))} s.`;
    case 'closed':
      return state.error?.message ?? 'Not connected.';
  }
}

function Unknown() {
  const { router } = useConsole();
  useTitle('No such environment');
  return (
    <div class="page">
      <h1>No such environment</h1>
      <p>
        The relay knows none of this address, or your token does not show it: it was deleted, or is another relay’s.
      </p>
      <p>
        <Button kind="primary" onClick={() => router.go(hrefTo())}>
          All environments
        </Button>
      </p>
    </div>
  );
}

import { computed } from '@preact/signals';
import type { ComponentType } from 'preact';
import { useMemo } from 'preact/hooks';
import type { EnvironmentRecord } from 'twinlane/client';
import { environmentHref, hrefTo, useConsole, useTitle } from '../app/index.js';
import { Button, Icon, Tabs, Waiting } from '../ui/index.js';
import { factsOf } from './environment-facts.js';
import type { EnvironmentStatusProps, EnvironmentTab } from './environment-tab.js';
import './environment.css';
import { PresenceBadge } from './presence-badge.js';
import { presenceView } from './presence-view.js';
import { TieNotice } from './tie-notice.js';
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
      <EnvironmentHeader record={record} hasPlaceBelow={current?.showsPlace ?? false} />
      <Tabs label={`Views of ${record.connectionName}`} tabs={links} current={current?.id ?? ''} />
      <div class="environment__tie">
        <TieNotice attached={attached} record={record} />
      </div>
      <div class="environment__view">
        {current && <current.View key={current.id} environment={environment} attached={attached} path={path} />}
      </div>
    </div>
  );
}

interface EnvironmentHeaderProps {
  readonly record: EnvironmentRecord;
  /** The view below says where it works, and how: a phone has no room for both. */
  readonly hasPlaceBelow: boolean;
}

function EnvironmentHeader({ record, hasPlaceBelow }: EnvironmentHeaderProps) {
  const { now } = useConsole();
  const { directory, version, system, mode, branch } = factsOf(record);
  const presence = presenceView(record, now.value);
  return (
    <header class={`environment-header ${hasPlaceBelow ? 'environment-header--short' : ''}`}>
      <a class="environment-header__back" href={hrefTo()} aria-label="All environments" title="All environments">
        <Icon name="chevronLeft" />
      </a>
      <h1>{record.connectionName}</h1>
      <PresenceBadge presence={presence} />
      <ul class="environment-header__facts">
        {directory !== undefined && (
          <li class="environment-header__place" title="Working directory">
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
        {mode !== undefined && (
          <li class="environment-header__place" title="Permission mode">
            mode {mode}
          </li>
        )}
        {system !== undefined && <li class="environment-header__device">{system}</li>}
        {version !== undefined && (
          <li class="environment-header__device" title="Version of the listener">
            v{version}
          </li>
        )}
      </ul>
      {presence.state === 'offline' && <p class="environment-header__reason">{presence.reason}</p>}
    </header>
  );
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

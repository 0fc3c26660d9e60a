import { environmentHref, useHeaderSlot } from '../app/index.js';
import type { EnvironmentStatusProps } from '../environments/index.js';
import { useMemo } from 'preact/hooks';
import { Mark } from '../ui/index.js';
import { milliseconds } from './amounts.js';
import './connection-indicator.css';
import { connectionView } from './connection-view.js';
import { listenerOf } from './listener-link.js';
import { useConnection } from './use-connection.js';

/** Puts into the header how the page is connected, for as long as an environment is shown. */
export function ConnectionStatus({ environment, attached }: EnvironmentStatusProps) {
  const content = useMemo(() => <Indicator environment={environment} attached={attached} />, [environment, attached]);
  useHeaderSlot(content);
  return null;
}

function Indicator({ environment, attached }: EnvironmentStatusProps) {
  const store = useConnection(environment.id);
  const view = connectionView(attached.state.value, store.ties.value, listenerOf({ environment, attached }));
  const roundTrip = view.tone === 'good' ? store.newest.value?.roundTripMs : undefined;
  return (
    <a
      class={`connection-indicator connection-indicator--${view.tone}`}
      href={environmentHref(environment.id, 'connection')}
      title={[view.title, ...view.meaning].join('\n')}
    >
      <Mark tone={view.tone} />
      <span role="status" class="connection-indicator__label">
        {view.label}
      </span>
      {roundTrip !== undefined && (
        <span class="connection-indicator__trip" title="Round trip of control">
          {milliseconds(roundTrip)}
        </span>
      )}
    </a>
  );
}

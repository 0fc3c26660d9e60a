import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useConsole, useShortcuts, useTitle } from '../app/index.js';
import { Button, CommandLine, Icon, moveFocus, Notice, timeAgo, Waiting } from '../ui/index.js';
import { SHOWN_AT_ONCE } from './environments.store.js';
import { EnvironmentRow } from './environment-row.js';
import './environments.css';
import { ORDERS, type Order } from './shown-environments.js';
import { useAttachedEnvironments } from './use-attached.js';
import { useEnvironments } from './use-environments.js';

const ORDER_LABELS: Readonly<Record<Order, string>> = { presence: 'Online first', name: 'Name', seen: 'Last seen' };

/** Every environment that one may see. */
export function EnvironmentsPage() {
  const { now } = useConsole();
  const store = useEnvironments();
  const attached = useAttachedEnvironments();
  const filter = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLUListElement>(null);
  useTitle('Environments');
  useShortcuts(useMemo(() => [{ key: '/', label: 'Filter the list', run: () => filter.current?.focus() }], []));
  useStepsIntoList(list);
  const all = store.records.value;
  const shown = store.shown.value;
  const stale = store.stale.value;
  const showMore = () => {
    const { length } = shown;
    store.showMore();
    // The button may be gone by then: the focus goes on with the first that is new.
    requestAnimationFrame(() => list.current?.querySelectorAll('a')[length]?.focus());
  };
  return (
    <div class="page">
      <div class="environments__head">
        <h1>Environments</h1>
        {all !== undefined && all.length > 0 && (
          <div class="environments__tools">
            <label class="environments__filter">
              <Icon name="search" />
              <span class="visually-hidden">Filter by name, directory, branch, mode or state</span>
              <input
                ref={filter}
                class="input"
                type="search"
                placeholder="Filter"
                value={store.filter.value}
                onInput={(event) => store.find(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key === 'ArrowDown' && list.current) moveFocus(event, list.current, 'a');
                  if (event.key === 'Escape') event.currentTarget.blur();
                }}
              />
            </label>
            <label>
              <span class="visually-hidden">Order</span>
              <select
                class="input"
                value={store.order.value}
                onChange={(event) => store.orderBy(orderOf(event.currentTarget.value))}
              >
                {ORDERS.map((order) => (
                  <option key={order} value={order}>
                    {ORDER_LABELS[order]}
                  </option>
                ))}
              </select>
            </label>
          </div>
        )}
      </div>
      {stale && (
        <Notice
          tone="bad"
          title="The relay does not answer."
          actions={<Button onClick={() => store.refresh()}>Ask now</Button>}
        >
          {stale.reason} {all && `What is shown here is from ${timeAgo(stale.since, now.value)}.`}
        </Notice>
      )}
      {all === undefined && !stale && <Waiting label="Asking the relay for its environments" />}
      {all?.length === 0 && <NoEnvironments />}
      {all !== undefined && all.length > 0 && shown.length === 0 && (
        <p class="environments__none">
          None of {all.length} matches. <Button onClick={() => store.find('')}>Show all</Button>
        </p>
      )}
      <ul
        class="environments"
        ref={list}
        aria-label="Environments"
        onKeyDown={(event) => moveFocus(event, event.currentTarget, 'a')}
      >
        {shown.map((environment) => (
          <EnvironmentRow
            key={environment.id}
            environment={environment}
            now={now.value}
            dimmed={stale !== undefined}
            keeps={attached.keepsOf(environment.id)}
          />
        ))}
      </ul>
      {store.hidden.value > 0 && (
        <p class="environments__more">
          {shown.length} of {shown.length + store.hidden.value} are shown.{' '}
          <Button onClick={showMore}>Show {Math.min(SHOWN_AT_ONCE, store.hidden.value)} more</Button>
        </p>
      )}
    </div>
  );
}

/** The arrows enter the list from anywhere on the page where nothing has the focus. */
function useStepsIntoList(list: { readonly current: HTMLUListElement | null }): void {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      const { activeElement } = document;
      const nobody = activeElement === document.body || activeElement?.id === 'main' || activeElement?.tagName === 'H1';
      if (nobody && list.current && !event.defaultPrevented) moveFocus(event, list.current, 'a');
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, [list]);
}

function orderOf(value: string): Order {
  return ORDERS.find((order) => order === value) ?? ORDERS[0];
}

function NoEnvironments() {
  const { server } = useConsole();
  return (
    <div class="environments__empty">
      <h2>No environments yet</h2>
      <p>A listener serves one directory of a machine through this relay. Start one where the agent is to run:</p>
      <CommandLine text={`npx twinlane listen --server ${server.href.replace(/\/$/, '')}`} />
      <p class="environments__hint">
        It asks for a token by <code>TWINLANE_TOKEN</code> or <code>--token</code>. It shows up here by itself.
      </p>
    </div>
  );
}

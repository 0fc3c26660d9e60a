import type { ComponentChildren } from 'preact';
import { hrefTo, useConsole } from '../../app/index.js';
import type { EnvironmentTabProps } from '../../environments/index.js';
import { Badge, lazy, timeAgo, type Tone } from '../../ui/index.js';
import { bytes, milliseconds } from '../amounts.js';
import type { ConnectionStore, Tie } from '../connection.store.js';
import { connectionView } from '../connection-view.js';
import { listenerOf } from '../listener-link.js';
import { summaryOf } from '../sample-ring.js';
import { useConnection } from '../use-connection.js';
import './connection.css';
import { IncidentList } from './incident-list.js';
import { PointTable } from './point-table.js';

const RoundTripChart = lazy(async () => (await import('./round-trip-chart.js')).RoundTripChart);

/** How the page is connected to the relay, and the relay to the listener: now, over the last minutes, and what broke. */
export function ConnectionTab({ environment, attached }: EnvironmentTabProps) {
  const { now } = useConsole();
  const store = useConnection(environment.id);
  const listener = listenerOf({ environment, attached });
  const servedBy = environment.record.value?.servedBy;
  const view = connectionView(attached.state.value, store.ties.value, listener);
  return (
    <div class="page connection">
      <section class={`connection__state connection__state--${view.tone}`} aria-labelledby="connection-state">
        <div class="connection__title">
          <h2 id="connection-state">{view.title}</h2>
          {view.label !== view.title && <Badge tone={view.tone}>{view.label}</Badge>}
        </div>
        <ul class="connection__meaning">
          {view.meaning.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      </section>
      <Numbers store={store} now={now.value} />
      <section aria-labelledby="connection-chart">
        <h2 id="connection-chart">Round trip of control, next to stream</h2>
        <RoundTripChart store={store} />
        <PointTable points={store.points} />
      </section>
      <div class="connection__columns">
        <Channels ties={store.ties.value} />
        <section aria-labelledby="connection-listener">
          <h2 id="connection-listener">Relay and listener</h2>
          <dl class="facts">
            <Fact name="Listener">
              <Badge tone={listener.tone}>{listener.state ?? 'not known'}</Badge>
            </Fact>
            {listener.since !== undefined && (
              <Fact name={SINCE[listener.state ?? 'online']}>{timeAgo(listener.since, now.value)}</Fact>
            )}
            <Fact name="Link">
              {listener.link ?? (listener.state === 'online' ? 'The relay does not say.' : 'none now')}
            </Fact>
            {servedBy !== undefined && (
              <Fact name="Relay node">
                <a href={hrefTo('admin', 'nodes')}>{servedBy}</a>
              </Fact>
            )}
          </dl>
        </section>
      </div>
      <IncidentList incidents={store.incidents} />
    </div>
  );
}

const SINCE = { online: 'Connected', away: 'Away since', offline: 'Last seen' } as const;

function Numbers({ store, now }: { readonly store: ConnectionStore; readonly now: number }) {
  const ties = store.ties.value;
  const { medianMs, worstMs } = summaryOf(store.points.value);
  const sum = (of: (tie: Tie) => number): number => ties.reduce((total, tie) => total + of(tie), 0);
  const lastFrameAt = Math.max(0, ...ties.map(({ sample }) => sample?.lastFrameAt ?? 0));
  const newest = store.points.value.at(-1);
  return (
    <dl class="connection__numbers" aria-label="Right now">
      <Figure name="Round trip of control" value={show(newest?.roundTripMs ?? undefined)}>
        {medianMs !== undefined &&
          worstMs !== undefined &&
          `median ${milliseconds(medianMs)}, worst ${milliseconds(worstMs)}`}
      </Figure>
      <Figure name="Stream" value={`${bytes(sum(({ sample }) => sample?.stream.bytesPerSecond ?? 0))}/s`}>
        {`${Math.round(sum(({ sample }) => sample?.stream.framesPerSecond ?? 0))} frames/s`}
      </Figure>
      <Figure name="Unread" value={bytes(sum(({ sample }) => sample?.unreadBytes ?? 0))}>
        {`${bytes(sum(({ sample }) => (sample?.stream.unacknowledgedBytes ?? 0) + (sample?.control.unacknowledgedBytes ?? 0)))} unacknowledged`}
      </Figure>
      <Figure name="Last frame" value={lastFrameAt === 0 ? 'none yet' : timeAgo(lastFrameAt, now)}>
        {`${sum(({ sample }) => sample?.breaks ?? 0)} breaks so far`}
      </Figure>
    </dl>
  );
}

function show(ms: number | undefined): string {
  return ms === undefined ? '–' : milliseconds(ms);
}

function Figure({ name, value, children }: { name: string; value: string; children: string | false }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd class="connection__value">{value}</dd>
      <dd class="connection__more">{children}</dd>
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const SOCKET_TONES: Readonly<Record<string, Tone>> = { open: 'good', connecting: 'warn', closed: 'bad' };

function Channels({ ties }: { readonly ties: readonly Tie[] }) {
  return (
    <section aria-labelledby="connection-channels">
      <h2 id="connection-channels">This page and the relay</h2>
      <table class="connection__table">
        <thead>
          <tr>
            <th scope="col">For</th>
            <th scope="col">Control</th>
            <th scope="col">Stream</th>
          </tr>
        </thead>
        <tbody>
          {ties.map(({ number, conversation, sample, state }) => (
            <tr key={number}>
              <th scope="row">{conversation === undefined ? 'this page' : <code>{conversation}</code>}</th>
              {(['control', 'stream'] as const).map((channel) => {
                const socket = sample?.[channel].socket ?? (state.phase === 'open' ? 'open' : 'closed');
                return (
                  <td key={channel}>
                    <Badge tone={SOCKET_TONES[socket] ?? 'quiet'}>{socket}</Badge>
                  </td>
                );
              })}
            </tr>
          ))}
          {ties.length === 0 && (
            <tr>
              <td colSpan={3}>No sockets yet.</td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

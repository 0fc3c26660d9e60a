import type { ReadonlySignal } from '@preact/signals';
import { Mark, type Tone } from '../../ui/index.js';
import { milliseconds } from '../amounts.js';
import type { Incident } from '../connection.store.js';

const TONES: Readonly<Record<Incident['kind'], Tone>> = {
  broke: 'bad',
  back: 'good',
  resumed: 'good',
  gap: 'warn',
  closed: 'quiet',
};

/** What broke, and how it went on. */
export function IncidentList({ incidents }: { readonly incidents: ReadonlySignal<readonly Incident[]> }) {
  const all = incidents.value;
  return (
    <section aria-labelledby="connection-incidents">
      <h2 id="connection-incidents">What happened while this page was open</h2>
      {all.length === 0 && <p class="connection__quiet">Nothing broke.</p>}
      <ol class="connection__incidents">
        {all.map((incident) => (
          <li key={incident.number}>
            <time>{new Date(incident.at).toLocaleTimeString()}</time>
            <Mark tone={TONES[incident.kind]} />
            <span>
              {textOf(incident)}
              {incident.conversation !== undefined && (
                <>
                  {' '}
                  <code>{incident.conversation}</code>
                </>
              )}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function textOf({ kind, detail, awayMs }: Incident): string {
  const after = awayMs === undefined ? '' : ` after ${milliseconds(awayMs)}`;
  switch (kind) {
    case 'broke':
      return `The connection broke: ${detail}.`;
    case 'back':
      return `Back${after}.`;
    case 'resumed':
      return `Resumed${after} exactly where it broke: nothing was lost.`;
    case 'gap':
      return `Back${after} with a gap: ${detail === '' ? 'some events' : detail} did not come, the first of them are kept no longer. A reload shows those that are.`;
    case 'closed':
      return `Given up: ${detail}`;
  }
}

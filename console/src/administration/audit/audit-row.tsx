import type { AuditEntry, AuditKind } from 'twinlane/client';
import { Mark, type Tone } from '../../ui/index.js';
import { Moment } from '../moment.js';
import type { Wanted } from './audit.store.js';

const TONES: Partial<Record<AuditKind, Tone>> = {
  access_refused: 'bad',
  access_ended: 'warn',
  entries_lost: 'bad',
  token_revoked: 'warn',
  organization_deleted: 'warn',
  environment_deleted: 'warn',
  listener_superseded: 'warn',
  approval: 'accent',
  listener_online: 'good',
};

interface AuditRowProps {
  readonly entry: AuditEntry;
  /** Looks for others like it. */
  readonly show: (wanted: Partial<Wanted>) => void;
}

/** One line: when, what, who, where. */
export function AuditRow({ entry, show }: AuditRowProps) {
  const { time, kind, tokenId, tokenName, environmentId, environmentName, runtime, address, details } = entry;
  return (
    <li class="audit__entry">
      <span class="audit__time">
        <Moment at={time} />
      </span>
      <span class="audit__kind">
        <Mark tone={TONES[kind] ?? 'quiet'} />
        {kind.replaceAll('_', ' ')}
      </span>
      <span class="audit__who">
        {tokenId === null ? (
          'nobody known'
        ) : (
          <button
            type="button"
            class="audit__link"
            title={`Only of ${tokenId}`}
            onClick={() => show({ token: tokenId })}
          >
            {tokenName ?? tokenId}
          </button>
        )}
        {address !== null && <span class="audit__quiet"> from {address}</span>}
      </span>
      <span class="audit__what">
        {environmentId !== null && (
          <button
            type="button"
            class="audit__link"
            title={`Only of ${environmentId}`}
            onClick={() => show({ environment: environmentId })}
          >
            {environmentName ?? environmentId}
          </button>
        )}
        {runtime !== null && <span class="audit__quiet">{runtime.conversation_id}</span>}
        {Object.entries(details).map(([name, value]) => (
          <span key={name}>
            <span class="audit__quiet">{name}</span> {String(value)}
          </span>
        ))}
      </span>
    </li>
  );
}

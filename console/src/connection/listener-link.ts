import type { EnvironmentTabProps } from '../environments/index.js';
import type { Tone } from '../ui/index.js';

/** What the relay says of the listener, and of its link. */
export interface ListenerLink {
  readonly state: 'online' | 'away' | 'offline' | undefined;
  readonly tone: Tone;
  /** Epoch ms: since when it is so. */
  readonly since: number | undefined;
  /** How it is connected, in words; undefined where nobody says. */
  readonly link: string | undefined;
}

/** The attachment may know sooner than the list, which is asked for now and then. */
export function listenerOf({
  environment,
  attached,
}: Pick<EnvironmentTabProps, 'environment' | 'attached'>): ListenerLink {
  const record = environment.record.value;
  if (!record) return { state: undefined, tone: 'quiet', since: undefined, link: undefined };
  const { connectionId, awaySince, connectedAt, lastSeenAt, currentLink } = record;
  if (connectionId === null) return { state: 'offline', tone: 'quiet', since: lastSeenAt, link: undefined };
  const link =
    currentLink &&
    `${currentLink.kind === 'split' ? 'two sockets, control and stream' : 'one socket for both channels'}; ${
      currentLink.resumable ? 'resumed where it breaks' : 'plain: what is on its way when it breaks may be lost'
    }`;
  if (typeof awaySince === 'number') return { state: 'away', tone: 'warn', since: awaySince, link };
  return {
    state: attached.presence.value === 'away' ? 'away' : 'online',
    tone: 'good',
    since: connectedAt ?? undefined,
    link,
  };
}

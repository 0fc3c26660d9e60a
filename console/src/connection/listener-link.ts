import type { EnvironmentTabProps } from '../environments/index.js';
import type { Tone } from '../ui/index.js';

/** What the relay says of the listener, and of its link. */
export interface ListenerLink {
  readonly state: 'online' | 'away' | 'offline' | undefined;
  readonly tone: Tone;
  /** Epoch ms: since when it is so. */
  readonly since: number | undefined;
  /** How it is connected, or was before its link broke, in words; undefined where nobody says. */
  readonly link: string | undefined;
  /** Whether a break of its link may cost something (protocol section 5, plain links); false where nobody says. */
  readonly isPlain: boolean;
}

/** The attachment may know sooner than the list, which is asked for now and then. */
export function listenerOf({
  environment,
  attached,
}: Pick<EnvironmentTabProps, 'environment' | 'attached'>): ListenerLink {
  const record = environment.record.value;
  if (!record) return { state: undefined, tone: 'quiet', since: undefined, link: undefined, isPlain: false };
  const { connectionId, awaySince, connectedAt, lastSeenAt, currentLink } = record;
  const isPlain = currentLink?.resumable === false;
  if (connectionId === null) return { state: 'offline', tone: 'quiet', since: lastSeenAt, link: undefined, isPlain };
  const link =
    currentLink &&
    `${currentLink.kind === 'split' ? 'two sockets, control and stream' : 'one socket for both channels'}; ${
      currentLink.resumable ? 'resumed where it breaks' : 'plain: what is on its way when it breaks may be lost'
    }`;
  if (typeof awaySince === 'number')
    return { state: 'away', tone: 'warn', since: awaySince, link: link && `none now; it had ${link}`, isPlain };
  return {
    state: attached.presence.value === 'away' ? 'away' : 'online',
    tone: 'good',
    since: connectedAt ?? undefined,
    link,
    isPlain,
  };
}

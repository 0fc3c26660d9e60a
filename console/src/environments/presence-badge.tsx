import { Badge } from '../ui/index.js';
import type { PresenceView } from './presence-view.js';

/** The state in a word, and since when. */
export function PresenceBadge({ presence }: { readonly presence: PresenceView }) {
  return (
    <span class="presence" title={presence.reason}>
      <Badge tone={presence.tone}>{presence.state}</Badge>
      <span class="presence__since">{presence.since}</span>
    </span>
  );
}

import type { Registration } from '../registration/index.js';
import type { Link, LinkAttempt, OpenLink } from './link.js';
import type { LinkParts } from './link-parts.js';
import { OpenChannels } from './open-channels.js';

/** One socket for everything, for servers that know no channels. Ready as soon as it is open. */
export class LegacyLink implements Link {
  constructor(
    private readonly parts: LinkParts,
    private readonly registration: Registration,
  ) {}

  async open(attempt: LinkAttempt): Promise<OpenLink> {
    const only = await this.parts.dial(this.registration, 'control', {}, attempt);
    return new OpenChannels({ kind: 'legacy', resumable: false }, only, only);
  }
}

import type { FactoryProvider } from '@nestjs/common';
import { LegacyLink } from './legacy-link.js';
import { LINK_FACTORY, type LinkFactory } from './link.js';
import { LinkParts } from './link-parts.js';
import { shapeOf } from './link-shape.js';
import { SplitLink } from './split-link.js';

/** Picks how to connect from what registration agreed. Replace it through `extend` to bring a link of your own. */
export const linkFactoryProvider: FactoryProvider<LinkFactory> = {
  provide: LINK_FACTORY,
  inject: [LinkParts],
  useFactory:
    (parts: LinkParts): LinkFactory =>
    (registration) =>
      shapeOf(registration.capabilities).kind === 'split'
        ? new SplitLink(parts, registration)
        : new LegacyLink(parts, registration),
};

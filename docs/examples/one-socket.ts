import { readFile } from 'node:fs/promises';
import {
  LegacyLink,
  LINK_FACTORY,
  type LinkFactory,
  LinkParts,
  ListenerModule,
  type ListenerModuleOptions,
  TOKEN_SOURCE,
  type TokenSource,
} from 'twinlane';

/** A listener that uses one socket whatever the server offers, and reads its token from a file each time it needs one. */
export function oneSocketListener(options: Omit<ListenerModuleOptions, 'token'>, tokenFile: string) {
  const tokens: TokenSource = { resolve: async () => (await readFile(tokenFile, 'utf8')).trim() };
  return ListenerModule.forRoot({
    ...options,
    extend: {
      registration: { providers: [{ provide: TOKEN_SOURCE, useValue: tokens }] },
      transport: {
        providers: [
          {
            provide: LINK_FACTORY,
            inject: [LinkParts],
            useFactory:
              (parts: LinkParts): LinkFactory =>
              (registration) =>
                new LegacyLink(parts, registration),
          },
        ],
      },
    },
  });
}

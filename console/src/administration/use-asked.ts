import { useEffect, useMemo } from 'preact/hooks';
import type { TwinlaneClient } from 'twinlane/client';
import { useConsole } from '../app/index.js';
import { Asked } from './asked.store.js';

/**
 * Asks when it is shown first, and then again and again where `everyMs` says how often.
 *
 * @param question the same one each time
 */
export function useAsked<T>(question: (client: TwinlaneClient) => Promise<T>, everyMs?: number): Asked<T> {
  const { client, clock, session, visible } = useConsole();
  const asked = useMemo(
    () =>
      new Asked(
        () => question(client),
        (error) => session.noticed(error),
      ),
    [client, session, question],
  );
  useEffect(() => {
    if (everyMs !== undefined) return asked.follow(clock, visible, everyMs);
    void asked.ask();
    return undefined;
  }, [asked, clock, visible, everyMs]);
  return asked;
}

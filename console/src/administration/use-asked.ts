import { useEffect, useMemo } from 'preact/hooks';
import type { TwinlaneClient } from 'twinlane/client';
import { useConsole } from '../app/index.js';
import { Asked } from './asked.store.js';

/** Asks when it is shown first. @param question the same one each time */
export function useAsked<T>(question: (client: TwinlaneClient) => Promise<T>): Asked<T> {
  const { client, session } = useConsole();
  const asked = useMemo(
    () =>
      new Asked(
        () => question(client),
        (error) => session.noticed(error),
      ),
    [client, session, question],
  );
  useEffect(() => void asked.ask(), [asked]);
  return asked;
}

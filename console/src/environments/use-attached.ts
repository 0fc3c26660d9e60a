import { useEffect, useMemo } from 'preact/hooks';
import { useConsole, type Console } from '../app/index.js';
import type { AttachedEnvironment } from './attached-environment.store.js';
import { AttachedEnvironments } from './attached-environments.js';

/** One for the page: what goes on over an attachment does so while other pages are shown. */
const all = new WeakMap<Console, AttachedEnvironments>();

export function useAttachedEnvironments(): AttachedEnvironments {
  const console = useConsole();
  const known = all.get(console);
  if (known) return known;
  const { client, clock, session } = console;
  const made = new AttachedEnvironments({ client, clock, noticed: (error) => session.noticed(error) }, session);
  all.set(console, made);
  return made;
}

/** Opened with the page; closed with it, unless something goes on over it. */
export function useAttached(id: string): AttachedEnvironment {
  const environments = useAttachedEnvironments();
  const attached = useMemo(() => environments.to(id), [environments, id]);
  useEffect(() => attached.show(), [attached]);
  return attached;
}

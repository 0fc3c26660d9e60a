import { useEffect } from 'preact/hooks';
import { useConsole, type Console } from '../app/index.js';
import { ConnectionStore } from './connection.store.js';

/** One for each environment that was looked at: what was measured stays while one goes from tab to tab. */
const stores = new WeakMap<Console, Map<string, ConnectionStore>>();

/** @param environment its id */
export function useConnection(environment: string): ConnectionStore {
  const console = useConsole();
  const store = storeFor(console, environment);
  useEffect(() => store.use(), [store]);
  return store;
}

function storeFor(console: Console, environment: string): ConnectionStore {
  const { client, clock, visible } = console;
  const known = stores.get(console) ?? new Map<string, ConnectionStore>();
  stores.set(console, known);
  const store = known.get(environment) ?? new ConnectionStore({ clock, visible, open: client.open }, environment);
  known.set(environment, store);
  return store;
}

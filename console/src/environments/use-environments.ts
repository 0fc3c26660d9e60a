import { useEffect } from 'preact/hooks';
import { useConsole, type Console } from '../app/index.js';
import { EnvironmentsStore } from './environments.store.js';

/** One for the page: the list is there at once when one comes back to it. */
const stores = new WeakMap<Console, EnvironmentsStore>();

export function useEnvironments(): EnvironmentsStore {
  const console = useConsole();
  const store = stores.get(console) ?? storeFor(console);
  useEffect(() => store.use(), [store]);
  return store;
}

function storeFor(console: Console): EnvironmentsStore {
  const { client, clock, session } = console;
  const store = new EnvironmentsStore({ client, clock, noticed: (error) => session.noticed(error) });
  stores.set(console, store);
  return store;
}

import { expect, it } from 'vitest';
import { EmbeddedEngine, type EmbeddedEngineParts } from './embedded.engine.js';

it('whoever came to an environment while it was deleted is told to come again; where nobody did, nothing happens', async () => {
  const did: string[] = [];
  let isServed = true;
  const part = (name: string) => ({
    serves: () => isServed,
    leave: (id: string) => void did.push(`${name} of ${id}`),
    holdBack: () => {},
    sendBack: () => {},
    forget: () => {},
  });
  const [devices, routing, presence] = ['devices', 'routing', 'presence'].map(part);
  let told = (): void => {};
  const areTold = new Promise<void>((resolve) => (told = resolve));
  const clients = { ...part('clients'), leave: (id: string) => (did.push(`clients of ${id}`), told()) };
  const engine = new EmbeddedEngine({ devices, clients, routing, presence } as unknown as EmbeddedEngineParts);
  engine.deleted('env-1');
  await areTold;
  expect(did).toEqual(['devices', 'routing', 'clients'].map((name) => `${name} of env-1`));
  isServed = false;
  engine.deleted('env-2');
  await new Promise(setImmediate);
  expect(did).toHaveLength(3);
});

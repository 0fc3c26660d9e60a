import { expect, it } from 'vitest';
import { EmbeddedEngine, type EmbeddedEngineParts } from './embedded.engine.js';

it('whoever came to an environment while it was deleted is told to come again; where nobody did, nothing happens', () => {
  const did: string[] = [];
  let isServed = true;
  const sockets = {
    serves: () => isServed,
    leave: (id: string) => void did.push(`sockets of ${id}`),
    sendBack: () => {},
    forget: () => {},
  };
  const engine = new EmbeddedEngine({
    devices: sockets,
    clients: sockets,
    routing: sockets,
    presence: sockets,
  } as unknown as EmbeddedEngineParts);
  engine.deleted('env-1');
  expect(did).toEqual(Array.from({ length: 3 }, () => 'sockets of env-1'));
  isServed = false;
  engine.deleted('env-2');
  expect(did).toHaveLength(3);
});

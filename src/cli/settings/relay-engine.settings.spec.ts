import { expect, it } from 'vitest';
import { CliError } from '../cli.error.js';
import { readSettings } from './read-settings.js';
import { engineOptionsOf } from './relay-engine.settings.js';
import { RelaySettings } from './relay.settings.js';

function read(env: Readonly<Record<string, string>>) {
  return engineOptionsOf(readSettings('relay', RelaySettings, { flags: {}, env }));
}

it('a relay is one process unless somebody says otherwise', () => {
  expect(read({})).toMatchObject({ engine: 'embedded' });
});

it('one of many nodes has a name and options of its own', () => {
  expect(
    read({ TWINLANE_ENGINE: 'nats://queue', TWINLANE_NODE_NAME: 'node-1', TWINLANE_NATS_REPLICAS: '3' }),
  ).toMatchObject({ engine: 'nats://queue', nodeName: 'node-1', nats: { replicas: 3 } });
});

it.each([
  [{ TWINLANE_NODE_NAME: 'node-1' }, /^For many nodes only.* TWINLANE_NODE_NAME \(--node-name\)\. Set TWINLANE_ENGINE/],
  [
    { TWINLANE_NATS_REPLICAS: '3', TWINLANE_ENGINE: 'embedded' },
    /TWINLANE_NATS_REPLICAS \(--nats-replicas\)\. Set TWINLANE_ENGINE/,
  ],
  [{ TWINLANE_NODE_TTL_MS: '5000', TWINLANE_NATS_CREDENTIALS: '/x' }, /NODE_TTL_MS .*, TWINLANE_NATS_CREDENTIALS/],
  [{ TWINLANE_ENGINE: 'nats://a', TWINLANE_NATS_KEY: '/x' }, /belong together/],
])('%j is refused at start', (env, text) => {
  expect(() => read(env)).toThrow(CliError);
  expect(() => read(env)).toThrow(text);
});

it('two users of NATS are refused at start, and no password is shown', () => {
  const engine = 'nats://relay:hunter2@a,nats://other:hunter3@b';
  expect(() => read({ TWINLANE_ENGINE: engine })).toThrow(
    /^TWINLANE_ENGINE must be embedded, or addresses of NATS: write a user and password into one of them only(?!.*hunter)/,
  );
});

import { Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import { OptionsError, validateOptions } from '../config/index.js';
import { AccessService } from './access/access.service.js';
import { RelayModule } from './relay.module.js';
import { RelayOptions, type RelayModuleOptions } from './relay.options.js';
import { RoutingOptions } from './routing/routing.options.js';

const tokens = ['token-a-0123456789'];

it('takes its options from elsewhere, and keeps the defaults of what they leave out', async () => {
  const SETTINGS = Symbol('SETTINGS');
  @Module({
    providers: [
      { provide: SETTINGS, useValue: { tokens, clientChannels: 'mirror', history: { maxEventsPerRuntime: 5 } } },
    ],
    exports: [SETTINGS],
  })
  class SettingsModule {}
  const relay = RelayModule.forRootAsync({
    imports: [SettingsModule],
    inject: [SETTINGS],
    useFactory: (settings: RelayModuleOptions) => settings,
  });
  const module = await Test.createTestingModule({ imports: [relay] }).compile();
  expect(module.get(RelayOptions)).toMatchObject({ tokens, offlineAfterMs: 120_000 });
  expect(module.get(RoutingOptions, { strict: false })).toMatchObject({
    clientChannels: 'mirror',
    maxEventsPerRuntime: 5,
    maxBytesPerRuntime: 64 * 1024 * 1024,
  });
  await expect(module.get(AccessService).identify(tokens[0])).resolves.toMatchObject({ mayApprove: true });
});

it('lets an application replace a part, and inject into its own modules', async () => {
  const mine = { identify: async () => ({ tokenId: 'me', organizationId: 'default', mayApprove: false }) };
  const extend = { relay: { providers: [{ provide: AccessService, useValue: mine }] } };
  const module = await Test.createTestingModule({ imports: [RelayModule.forRoot({ extend })] }).compile();
  expect(module.get(AccessService)).toBe(mine);
});

it.each([
  [{ offlineAfterMs: 'soon' }, 'RelayOptions.offlineAfterMs'],
  [{ clientChannels: 'both' }, 'RelayOptions.clientChannels'],
  [{ publicUrl: 'relay.example.org' }, 'RelayOptions.publicUrl'],
  [{ allowedOrigins: ['https://console.example/'] }, 'without a path'],
  [{ history: { maxBytesPerRuntime: 0 } }, 'maxBytesPerRuntime'],
])('refuses %j and names it', (values, names) => {
  expect(() => validateOptions(RelayOptions, values)).toThrow(OptionsError);
  expect(() => validateOptions(RelayOptions, values)).toThrow(names);
});

it('takes origins with a port', () => {
  const allowedOrigins = ['http://localhost:5173', 'http://127.0.0.1:7400', 'https://console.example'];
  expect(validateOptions(RelayOptions, { allowedOrigins, publicUrl: 'http://127.0.0.1:7400' })).toMatchObject({
    allowedOrigins,
  });
});

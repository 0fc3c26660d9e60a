import { expect, it } from 'vitest';
import { ListenSettings } from './listen.settings.js';
import { RelaySettings } from './relay.settings.js';
import { propertyOf } from './setting.js';
import { SETTINGS } from './settings.table.js';

it.each([
  ['relay', new RelaySettings()],
  ['listen', new ListenSettings()],
] as const)('what help says of numbers is what twinlane %s does', (command, settings) => {
  const numbers = new Map(Object.entries(settings).filter(([, value]) => typeof value === 'number'));
  expect(numbers.size).toBeGreaterThan(0);
  for (const [property, value] of numbers) {
    const setting = SETTINGS.find((each) => propertyOf(each) === property && each.commands.includes(command));
    expect(setting, property).toBeDefined();
    expect(setting?.default?.split(' ')[0], property).toBe(String(value));
  }
});

import { expect, it } from 'vitest';
import { ListenSettings } from './listen.settings.js';
import { RelaySettings } from './relay.settings.js';
import { propertyOf } from './setting.js';
import { SETTINGS } from './settings.table.js';

it.each([
  ['relay', new RelaySettings()],
  ['listen', new ListenSettings()],
] as const)('what help says of numbers is what twinlane %s does', (command, settings) => {
  const numbers = Object.entries(settings).filter(([, value]) => typeof value === 'number');
  const said = numbers.map(([property]) => {
    const setting = SETTINGS.find((each) => propertyOf(each) === property && each.commands.includes(command));
    return [property, Number(setting?.default?.split(' ')[0])];
  });
  expect(numbers.length).toBeGreaterThan(0);
  expect(said).toEqual(numbers);
});

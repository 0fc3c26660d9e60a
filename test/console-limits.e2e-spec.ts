import { expect, it } from 'vitest';
import { RELAY_LIMITS } from '../src/cli/settings/relay-limits.settings.table.js';
import { LimitsOptions } from '../src/relay/index.js';
import { groupLimits } from '../console/src/administration/limit-groups.js';

it('every limit is shown with the option that changes it', () => {
  const { ...limits } = new LimitsOptions();
  const shown = Object.values(groupLimits(limits)).flat();
  expect(shown.map(({ name }) => name).toSorted()).toEqual(Object.keys(limits).toSorted());
  const [ofPrograms, ofRelay] = [true, false].map((is) =>
    shown.map(({ option }) => option).filter((option) => option.startsWith('RelayModule') === is),
  );
  expect(ofRelay?.toSorted()).toEqual(RELAY_LIMITS.map(({ name }) => `--${name}`).toSorted());
  expect(ofPrograms).toEqual(['RelayModule: limits.floodMs', 'RelayModule: limits.longestWaitMs']);
});

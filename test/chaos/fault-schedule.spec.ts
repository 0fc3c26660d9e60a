import { expect, it } from 'vitest';
import { FAULT_KINDS, faultSchedule } from './fault-schedule.js';

const RUN = { seed: 7, seconds: 60, devices: 2, clients: 2 };

it('gives the same faults for the same seed, and others for another', () => {
  expect(faultSchedule(RUN)).toEqual(faultSchedule(RUN));
  expect(faultSchedule({ ...RUN, seed: 8 })).not.toEqual(faultSchedule(RUN));
});

it('holds every kind within a minute, in order, within its time', () => {
  for (let seed = 0; seed < 50; seed++) {
    const faults = faultSchedule({ ...RUN, seed });
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
    expect(faults.map(({ at }) => at)).toEqual(faults.map(({ at }) => at).toSorted((a, b) => a - b));
    expect(Math.max(...faults.map(({ at }) => at))).toBeLessThan(60_000);
  }
});

it('names victims that exist', () => {
  for (const { device, client } of faultSchedule({ ...RUN, devices: 1, clients: 3 })) {
    expect(device).toBe(0);
    expect([0, 1, 2]).toContain(client);
  }
});

it('begins with what a planted bug needs', () => {
  const wanted = { kind: 'half-open', side: 'listener', direction: 'down' } as const;
  expect(faultSchedule({ ...RUN, first: [wanted] })[0]).toMatchObject(wanted);
});

import { expect, it } from 'vitest';
import { faultSchedule, kindsOn } from './fault-schedule.js';

const RUN = { engine: 'embedded', seed: 7, seconds: 60, devices: 2, clients: 2 } as const;

it('gives the same faults for the same seed, and others for another', () => {
  expect(faultSchedule(RUN)).toEqual(faultSchedule(RUN));
  expect(faultSchedule({ ...RUN, seed: 8 })).not.toEqual(faultSchedule(RUN));
});

it.each(['embedded', 'nats'] as const)('%s: holds every kind within a minute, in order, within its time', (engine) => {
  for (let seed = 0; seed < 50; seed++) {
    const faults = faultSchedule({ ...RUN, engine, seed });
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(kindsOn(engine)));
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

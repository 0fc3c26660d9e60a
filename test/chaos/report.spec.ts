import { expect, it } from 'vitest';
import { compare } from './comparison.js';
import type { FaultRecord } from './fault-record.js';
import { faultSchedule } from './fault-schedule.js';
import { conclusion, isProven, jsonLine, notStruck, percentiles, type RunResult, table } from './report.js';
import { Sightings } from './sightings.js';

const WITNESS = [{ runtime: 0, number: 1, epoch: 'epoch-0', seq: 1, at: 50 }];

function sightings(...numbers: readonly number[]): Sightings {
  const seen = new Sightings();
  for (const number of numbers) seen.saw(number, 'epoch-0', number);
  return seen;
}

function result(changes: Partial<RunResult> = {}): RunResult {
  const [fault] = faultSchedule({
    engine: 'embedded',
    seed: 1,
    seconds: 2,
    devices: 1,
    clients: 1,
    first: [{ kind: 'cut' }],
  });
  if (!fault) throw new Error('no fault');
  const record: FaultRecord = { fault, began: 10, ended: 20, recovered: 120, struck: true };
  const verdicts = [compare(WITNESS, sightings(1), 0)];
  return {
    engine: 'embedded',
    nodes: 1,
    seed: 1,
    seconds: 2,
    links: ['split, resumable'],
    records: [record],
    emitted: [50],
    verdicts,
    problems: [],
    ...changes,
  };
}

it('says what the run came to', () => {
  expect(isProven(result())).toBe(true);
  expect(JSON.parse(jsonLine(result()))).toMatchObject({
    chaos: true,
    engine: 'embedded',
    nodes: 1,
    seed: 1,
    seconds: 2,
    faults: { cut: 1, 'half-open': 0 },
    events: 1,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    untold: 0,
    recoveryMs: { p50: 100, p99: 100 },
  });
  expect(table(result())).toMatch(/^cut +1 +1 +1 +100 +100 +100$/m);
  expect(notStruck(result())).toMatch(/^not struck: cut-mid-frame, /);
  expect(conclusion(result(), undefined)).toBe('passed');
  expect(conclusion(result(), 'tail')).toBe('failed: the planted bug tail was not found');
  const lossy = result({ verdicts: [compare(WITNESS, sightings(), 0)], problems: ['The relay ended by itself.'] });
  expect(conclusion(lossy, undefined)).toBe('failed: 1 lost, 1 untold, 1 problems');
  expect(conclusion(lossy, 'tail')).toBe('failed, as it must');
  expect(conclusion(result({ records: [] }), undefined)).toBe('failed: nothing was checked');
});

it.each([
  ['lost and untold events', { verdicts: [compare(WITNESS, sightings(), 0)] }],
  ['duplicated events', { verdicts: [compare(WITNESS, sightings(1, 1), 0)] }],
  ['strange events', { verdicts: [compare(WITNESS, sightings(1, 2), 0)] }],
  ['problems', { problems: ['The relay ended by itself.'] }],
  ['no event', { emitted: [] }],
  ['no client', { verdicts: [] }],
  ['no fault', { records: [] }],
  ['no fault that struck', { records: result().records.map((record) => ({ ...record, struck: false })) }],
] satisfies [string, Partial<RunResult>][])('proves nothing with %s', (_, changes) => {
  expect(isProven(result(changes))).toBe(false);
});

it('proves nothing where events were told as lost', () => {
  const seen = sightings();
  seen.wasTold('epoch-0', 1, 1);
  const told = result({ verdicts: [compare(WITNESS, seen, 0)] });
  expect(JSON.parse(jsonLine(told))).toMatchObject({ lost: 1, untold: 0 });
  expect(isProven(told)).toBe(false);
});

it('takes the nearest rank for a percentile', () => {
  expect(percentiles([3, 1, 2, 4])).toEqual({ p50: 2, p99: 4 });
  expect(percentiles([])).toEqual({ p50: null, p99: null });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChannelName } from '../../protocol/index.js';
import { judgeHello, type Hello, type OpenLink } from './pairing.js';

type Paired = Extract<Hello, { kind: 'paired' }>;

const legacy: Hello = { kind: 'legacy' };
const split = (channel: ChannelName): Hello => ({ kind: 'split', channel });
const paired = (channel: ChannelName, attempt: number, generation = `g${attempt}`): Hello => ({
  kind: 'paired',
  channel,
  generation,
  attempt,
});
const open = (begunBy: Hello, ...channels: ChannelName[]): OpenLink => ({ begunBy, channels: new Set(channels) });

describe('judgeHello', () => {
  it.each<[string, Hello, OpenLink | undefined, number | undefined, string]>([
    ['a legacy socket begins', legacy, undefined, undefined, 'begin'],
    ['a legacy socket replaces', legacy, open(legacy, 'control'), undefined, 'begin'],
    ['an unpaired socket begins', split('stream'), undefined, undefined, 'begin'],
    ['its other channel joins', split('control'), open(split('stream'), 'stream'), undefined, 'join'],
    ['the same channel again begins anew', split('control'), open(split('control'), 'control'), undefined, 'begin'],
    ['an unpaired socket never joins a paired one', split('stream'), open(paired('control', 1), 'control'), 1, 'begin'],
    ['a first control begins', paired('control', 1), undefined, undefined, 'begin'],
    ['attempts may start at 0', paired('control', 0), undefined, undefined, 'begin'],
    ['its stream joins', paired('stream', 1), open(paired('control', 1), 'control'), 1, 'join'],
    ['a higher attempt begins', paired('control', 3), open(paired('control', 1), 'control', 'stream'), 1, 'begin'],
    ['a lower attempt is refused', paired('control', 1), open(paired('control', 2), 'control'), 2, 'refuse'],
    ['a lower attempt is refused when nothing is open', paired('control', 1), undefined, 2, 'refuse'],
    [
      'another generation of an attempt is refused',
      paired('control', 2, 'x'),
      open(paired('control', 2), 'control'),
      2,
      'refuse',
    ],
    ['an attempt begins once', paired('control', 2), undefined, 2, 'refuse'],
    ['a stream never begins', paired('stream', 3), undefined, undefined, 'refuse'],
    [
      'C14 a late stream never joins a newer control',
      paired('stream', 1),
      open(paired('control', 2), 'control'),
      2,
      'refuse',
    ],
    ['C14 nor one of another generation', paired('stream', 2, 'x'), open(paired('control', 2), 'control'), 2, 'refuse'],
    ['a stream joins once', paired('stream', 2), open(paired('control', 2), 'control', 'stream'), 2, 'refuse'],
  ])('%s', (_name, hello, link, highest, verdict) => {
    expect(judgeHello(hello, link, highest).do).toBe(verdict);
  });

  it('C14 never puts sockets of different attempts together, in any order of arrival', () => {
    const hellos = fc.record({
      kind: fc.constant('paired' as const),
      channel: fc.constantFrom<ChannelName>('control', 'stream'),
      attempt: fc.integer({ min: 1, max: 4 }),
      generation: fc.constantFrom('a', 'b'),
      breaksFirst: fc.boolean(),
    });
    fc.assert(fc.property(fc.array(hellos, { maxLength: 40 }), keepsPairsTogether), { seed: 1 });
  });
});

/** Plays arrivals, and breaks of the open link between them; false as soon as a rule of protocol section 2 is broken. */
function keepsPairsTogether(arrivals: readonly (Paired & { breaksFirst: boolean })[]): boolean {
  let link: { begunBy: Paired; channels: Set<ChannelName> } | undefined;
  let highest = 0;
  for (const { breaksFirst, ...hello } of arrivals) {
    if (breaksFirst) link = undefined;
    const verdict = judgeHello(hello, link, highest);
    if (verdict.do === 'begin') {
      if (hello.attempt <= highest || hello.channel !== 'control') return false;
      highest = hello.attempt;
      link = { begunBy: hello, channels: new Set([hello.channel]) };
    } else if (verdict.do === 'join') {
      if (link?.begunBy.attempt !== hello.attempt || link.begunBy.generation !== hello.generation) return false;
      if (link.channels.has(hello.channel)) return false;
      link.channels.add(hello.channel);
    }
  }
  return true;
}

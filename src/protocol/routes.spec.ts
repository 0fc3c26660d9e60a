import { describe, expect, it } from 'vitest';
import type { LinkShape } from './frames.js';
import { DEFAULT_TYPE_MAP, readTypeMap, routeOf, TypeMapError } from './routes.js';

const plain: LinkShape = { kind: 'split', resumable: false };
const resumable: LinkShape = { kind: 'split', resumable: true };
const route = (frame: { type: string; [field: string]: unknown }, link: LinkShape) => {
  const { channel, delivery } = routeOf(DEFAULT_TYPE_MAP, frame, link);
  return `${channel} ${delivery}`;
};

describe('the default type map', () => {
  it.each([
    [{ type: 'stream_delta', event_seq: 1 }, 'stream ordered', 'stream ordered'],
    [{ type: 'update_device_status' }, 'stream snapshot', 'stream snapshot'],
    [{ type: 'update_loop_status' }, 'stream snapshot', 'stream snapshot'],
    [{ type: 'update_subagent_state' }, 'stream snapshot', 'stream snapshot'],
    [{ type: 'update_queue', removed: [] }, 'stream snapshot', 'stream snapshot'],
    [{ type: 'update_queue', removed: [{}] }, 'stream ordered', 'stream ordered'],
    [{ type: 'turn_finished', event_seq: 2 }, 'control ordered', 'stream ordered'],
    [{ type: 'control_request', event_seq: 3 }, 'control ordered', 'stream ordered'],
    [{ type: 'team_event', event_seq: 4 }, 'control ordered', 'stream ordered'],
    [{ type: 'read_file_response' }, 'control ordered', 'control ordered'],
    [{ type: 'frobnicated' }, 'control ordered', 'control ordered'],
  ])('routes %j', (frame, onPlain, onResumable) => {
    expect(route(frame, plain)).toBe(onPlain);
    expect(route(frame, resumable)).toBe(onResumable);
  });

  it('keeps events on stream of a resumable link whatever the map says', () => {
    const map = { ...DEFAULT_TYPE_MAP, stream_delta: { channel: 'control', delivery: 'ordered' } as const };
    expect(routeOf(map, { type: 'stream_delta', event_seq: 1 }, resumable).channel).toBe('stream');
    expect(routeOf(map, { type: 'stream_delta', event_seq: 1 }, plain).channel).toBe('control');
  });
});

it('readTypeMap names the entry that is wrong and what it wants', () => {
  expect(() => readTypeMap({ a: { channel: 'stram', delivery: 'ordered' } }, 'routes.json')).toThrow(
    new TypeMapError('routes.json: the route of "a" needs "channel": "control" or "stream", got "stram".'),
  );
  expect(() => readTypeMap({ a: { channel: 'stream' } }, 'routes.json')).toThrow(/needs "delivery".*got nothing/);
  expect(() => readTypeMap([], 'routes.json')).toThrow(/JSON object/);
});

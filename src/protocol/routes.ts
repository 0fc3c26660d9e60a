import { isRecord, type ChannelName, type Frame, type LinkShape } from './frames.js';

/** Where a frame goes and how: `ordered` frames are all kept, of `snapshot` events only the newest waits. */
export interface Route {
  readonly channel: ChannelName;
  readonly delivery: 'ordered' | 'snapshot';
}

/** A route, or a function that picks one for a frame on the link as it is now. */
export type RouteRule = Route | ((frame: Frame, link: LinkShape) => Route);

/** Routes by frame type. The key `*` is the rule for types that have none. */
export type TypeMap = Readonly<Record<string, RouteRule>>;

const STREAM_ORDERED: Route = { channel: 'stream', delivery: 'ordered' };
const STREAM_SNAPSHOT: Route = { channel: 'stream', delivery: 'snapshot' };
const CONTROL_ORDERED: Route = { channel: 'control', delivery: 'ordered' };

/** Events but the five stream types: with the stream on a resumable link, on control where the peer may expect them there. */
const endOfTurn: RouteRule = (_frame, link) => (link.resumable ? STREAM_ORDERED : CONTROL_ORDERED);

const queue: RouteRule = (frame) =>
  Array.isArray(frame['removed']) && frame['removed'].length > 0 ? STREAM_ORDERED : STREAM_SNAPSHOT;

/** Events have their number when they are routed; everything else is a response, a notice or unknown. */
const fallback: RouteRule = (frame, link) =>
  link.resumable && 'event_seq' in frame ? STREAM_ORDERED : CONTROL_ORDERED;

/** The default routes (docs/architecture.md, "Routes"). */
export const DEFAULT_TYPE_MAP: TypeMap = {
  stream_delta: STREAM_ORDERED,
  update_device_status: STREAM_SNAPSHOT,
  update_loop_status: STREAM_SNAPSHOT,
  update_subagent_state: STREAM_SNAPSHOT,
  update_queue: queue,
  turn_finished: endOfTurn,
  control_request: endOfTurn,
  control_request_resolved: endOfTurn,
  '*': fallback,
};

/** Resolves the route of an event that has no number yet; a frame is made of it only for a rule that looks at one. */
export function routeOfEvent(map: TypeMap, type: string, payload: object, link: LinkShape): Route {
  const rule = ruleOf(map, type);
  return typeof rule === 'function' ? rule({ type, ...payload }, link) : rule;
}

/** Resolves the route of a frame. On a resumable link events travel on stream whatever the map says: a runtime has one order. */
export function routeOf(map: TypeMap, frame: Frame, link: LinkShape): Route {
  const rule = ruleOf(map, frame.type);
  const route = typeof rule === 'function' ? rule(frame, link) : rule;
  return link.resumable && 'event_seq' in frame ? { ...route, channel: 'stream' } : route;
}

function ruleOf(map: TypeMap, type: string): RouteRule {
  return map[type] ?? map['*'] ?? fallback;
}

/** A type map that cannot be used; the message names the entry and what it wants. */
export class TypeMapError extends Error {
  override readonly name = 'TypeMapError';
}

/**
 * Reads plain routes, for instance of a JSON file: `{ "my_event": { "channel": "control", "delivery": "ordered" } }`.
 *
 * @param source named in the error
 * @throws TypeMapError when an entry is no route
 */
export function readTypeMap(value: unknown, source: string): TypeMap {
  if (!isRecord(value)) throw new TypeMapError(`${source} must hold a JSON object of frame type to route.`);
  for (const [type, route] of Object.entries(value)) {
    if (typeof route === 'function') continue;
    const channel = isRecord(route) ? route['channel'] : undefined;
    const delivery = isRecord(route) ? route['delivery'] : undefined;
    if (channel !== 'control' && channel !== 'stream')
      throw new TypeMapError(
        `${source}: the route of "${type}" needs "channel": "control" or "stream", got ${show(channel)}.`,
      );
    if (delivery !== 'ordered' && delivery !== 'snapshot')
      throw new TypeMapError(
        `${source}: the route of "${type}" needs "delivery": "ordered" or "snapshot", got ${show(delivery)}.`,
      );
  }
  return value as TypeMap;
}

function show(value: unknown): string {
  return value === undefined ? 'nothing' : JSON.stringify(value);
}

import { type Frame, isRecord, readEnvelope, RoutingService } from 'twinlane';

/**
 * The planted bug `dedupe`, loaded before the relay: de-duplication by name is off. Every arrival of an event is taken for a
 * new one and is given the next number, so that nothing behind here can know a repeated one.
 */
const arrived = new Map<string, number>();
const asItIs = RoutingService.prototype.deviceFrame;

RoutingService.prototype.deviceFrame = function (environmentId, link, channel, frame) {
  return asItIs.call(this, environmentId, link, channel, renamed(environmentId, frame));
};

function renamed(environmentId: string, frame: Frame): Frame {
  const envelope = readEnvelope(frame);
  if (envelope?.seq === undefined || !isRecord(frame['runtime'])) return frame;
  const key = JSON.stringify([environmentId, frame['runtime'], envelope.epoch]);
  const seq = (arrived.get(key) ?? envelope.seq - 1) + 1;
  arrived.set(key, seq);
  return { ...frame, event_seq: seq };
}

import { encodeFrame, type Frame, isRecord, readEnvelope, RoutingService } from 'twinlane';

/**
 * The planted bug `dedupe`, loaded before the relay: de-duplication by name is off. Every arrival of an event is taken for a
 * new one and is given the next number, so that nothing behind here can know a repeated one.
 */
const arrived = new Map<string, number>();
const asItIs = RoutingService.prototype.deviceFrame;

RoutingService.prototype.deviceFrame = function (environmentId, link, channel, frame, text) {
  // Of a frame that comes with its text the relay may have read the head only.
  const whole = text === undefined ? frame : (JSON.parse(text) as Frame);
  const other = renamed(environmentId, whole);
  return asItIs.call(this, environmentId, link, channel, other, text === undefined ? undefined : encodeFrame(other));
};

function renamed(environmentId: string, frame: Frame): Frame {
  const envelope = readEnvelope(frame);
  if (envelope?.seq === undefined || !isRecord(frame['runtime'])) return frame;
  const key = JSON.stringify([environmentId, frame['runtime'], envelope.epoch]);
  const seq = (arrived.get(key) ?? envelope.seq - 1) + 1;
  arrived.set(key, seq);
  return { ...frame, event_seq: seq };
}

import type { FactoryProvider } from '@nestjs/common';
import { Metrics, TrafficMetrics } from '../observability/index.js';
import { LINK_OBSERVER, type LinkObserver } from './link-observer.js';

/** Counts what happens on the listener's links, for `/metrics`. */
export const linkMetricsProvider: FactoryProvider<LinkObserver> = {
  provide: LINK_OBSERVER,
  inject: [Metrics],
  useFactory: linkMetrics,
};

function linkMetrics(metrics: Metrics): LinkObserver {
  const traffic = new TrafficMetrics(metrics, 'twinlane_listener', ['channel']);
  const inFlight = metrics.gauge('twinlane_listener_in_flight_bytes', 'Sent, and not known to be read.', ['channel']);
  const window = metrics.gauge('twinlane_listener_window_bytes', 'What may be in flight.', ['channel']);
  const rate = metrics.gauge('twinlane_listener_delivery_bytes_per_second', 'How fast the server was seen to read.', [
    'channel',
  ]);
  const delay = metrics.durations(
    'twinlane_listener_ack_delay_seconds',
    'From sending a frame to its confirmation by the server: the newest of each confirmation.',
    ['channel'],
  );
  const refused = metrics.counter('twinlane_listener_refused_messages_total', 'Messages that were no frames.', [
    'channel',
    'fault',
  ]);
  const lost = metrics.counter('twinlane_listener_reconnects_total', 'Links lost or not had, and what came next.', [
    'cause',
    'next',
  ]);
  return {
    socket: (channel) => traffic.socket({ channel }),
    inFlight: (channel, bytes) => inFlight.inc({ channel }, bytes),
    paced: (channel, windowBytes, bytesPerSecond) => {
      window.inc({ channel }, windowBytes);
      rate.inc({ channel }, bytesPerSecond);
    },
    confirmedAfter: (channel, ms) => delay.observe({ channel }, ms / 1_000),
    refused: (channel, fault) => refused.inc({ channel, fault }),
    lost: (cause, next) => lost.inc({ cause, next }),
  };
}

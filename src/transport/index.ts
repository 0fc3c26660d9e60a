export { type ChannelClient, ChannelFullError, CONTROL_CLIENT, STREAM_CLIENT } from './channel-client.js';
export type { LinkFeed } from './link-feed.js';
export { LINK_OBSERVER, type LinkObserver } from './link-observer.js';
export { LinkParts } from './link-parts.js';
export { LINK_MONITOR, type LinkMonitor, type LinkPhase, type LinkState } from './link-state.js';
export { LinkSupervisor, MAX_RESENT } from './link-supervisor.js';
export { LINK_FACTORY, type Link, type LinkAttempt, type LinkFactory, type OpenLink } from './link.js';
export { LegacyLink } from './legacy-link.js';
export { OpenChannels } from './open-channels.js';
export { LinkChannel, type LinkChannelContext } from './link-channel.js';
export type { ReconnectCause } from './reconnect-cause.js';
export type { StopCause } from './reconnect-policy.js';
export {
  type DialOptions,
  DialError,
  dialWithWs,
  SOCKET_DIALER,
  type SocketDialer,
  wsDialer,
  type WsRoute,
} from './socket-dialer.js';
export { SplitLink } from './split-link.js';
export { TransportModule } from './transport.module.js';
export type { TransportModuleOptions } from './transport.module-definition.js';
export { TransportOptions } from './transport.options.js';
export { type LinkEnd, LinkError } from './link-end.js';

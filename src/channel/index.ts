export { ChannelSender, type ChannelSenderOptions } from './channel-sender.js';
export type { ChannelSocket, SocketReceiver } from './channel-socket.js';
export type { FrameSource, OutgoingFrame } from './frame-source.js';
export { PingConfirmation, type PingConfirmationOptions, PING_DEFAULTS } from './ping-confirmation.js';
export type { SocketObserver } from './socket-observer.js';
export { WsSocket, type WsLike } from './ws-socket.js';

export type { Administration, AuditFilter } from './administration.js';
export { Attachment } from './attachment.js';
export type { AttachmentOptions, AttachmentState, HistoryWish } from './attachment-options.js';
export {
  CommandError,
  DisconnectedError,
  EnvironmentNotFoundError,
  RelayRefusedError,
  RelayUnreachableError,
  TokenRefusedError,
  TurnOutcomeUnknownError,
} from './client.error.js';
export {
  CLIENT_LIMITS,
  type ClientLimits,
  type ClientTokenSource,
  type FetchLike,
  type TwinlaneClientOptions,
} from './client-options.js';
export type { AnswerOf, CommandAnswers, FieldsOf } from './command-answers.js';
export type { EnvironmentRecord, GrepMatch, Runtime, RuntimeEntry, RuntimePage } from '../protocol/index.js';
export type { EventCursor } from './event-cursors.js';
export type { ListenerPresence } from './presence-watch.js';
export { type EventFrame, type GapFrame, isEvent, isGap, isReplayed } from './received-events.js';
export type { RemoteTerminal, TerminalExit, TerminalOptions } from './remote-terminal.js';
export type { Turn, TurnOutcome } from './turn.js';
export { TwinlaneClient } from './twinlane-client.js';
export type { WebSocketConstructor, WebSocketLike } from './web-socket.js';

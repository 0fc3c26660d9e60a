export type { Administration, AuditFilter } from './administration.js';
export { Attachment } from './attachment.js';
export type { AttachmentOptions, AttachmentState, CommandOptions, HistoryWish } from './attachment-options.js';
export {
  CLIENT_ERROR_CODES,
  type ClientErrorCode,
  CommandError,
  DisconnectedError,
  EnvironmentNotFoundError,
  RelayRefusedError,
  RelayUnreachableError,
  TokenRefusedError,
  TurnOutcomeUnknownError,
  TwinlaneError,
} from './client.error.js';
export {
  CLIENT_LIMITS,
  type ClientLimits,
  type ClientTokenSource,
  type FetchLike,
  type TwinlaneClientOptions,
} from './client-options.js';
export type { AnswerOf, CommandAnswers, FieldsOf } from './command-answers.js';
export type {
  ApprovalDecision,
  ApprovalOutcome,
  ApprovalResponsePayload,
  AuditDetails,
  AuditEntry,
  AuditKind,
  AuditPage,
  ChangedEnvironment,
  Clock,
  CommandFields,
  CommandType,
  CreateMessagePayload,
  CreatedToken,
  CurrentLink,
  Delta,
  DeltaType,
  DeviceStatus,
  Envelope,
  EnvironmentRecord,
  EventPayloads,
  EventType,
  Frame,
  GitContext,
  GrepMatch,
  InMode,
  InputMessage,
  InputPayload,
  LimitsInfo,
  LoopState,
  LoopStatus,
  OfflineReason,
  OrganizationEntry,
  QueueItem,
  RefusedCount,
  RelayNode,
  RelayNodes,
  RemovedOrganization,
  RemovedQueueItem,
  Runtime,
  RuntimeEntry,
  RuntimeMoment,
  RuntimePage,
  SessionInfo,
  StopReason,
  Timer,
  TokenEntry,
  TokenRequest,
  ToolRequest,
} from '../protocol/index.js';
export type { ChannelSample, ConnectionSample, SocketPhase } from './connection-sample.js';
export type { EnvironmentChange, EnvironmentsUpdate } from './environment-watch.js';
export type { EventCursor } from './event-cursors.js';
export type { GiveUp } from './give-up.js';
export type { ListenerPresence } from './presence-watch.js';
export { randomId } from './random-id.js';
export { type EventFrame, type GapFrame, isEvent, isGap, isReplayed } from './received-events.js';
export type { RemoteTerminal, TerminalExit, TerminalOptions } from './remote-terminal.js';
export type { TerminalStreams } from './terminal-streams.js';
export type { Turn, TurnOutcome } from './turn.js';
export { type EnvironmentsOptions, TwinlaneClient } from './twinlane-client.js';
export type { WebSocketConstructor, WebSocketLike } from './web-socket.js';

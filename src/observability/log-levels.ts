/** From the most serious to the most talkative; `silent` logs nothing. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Which room a logger of ours belongs to, by its name; a test holds this equal to the sources. */
export const ROOM_OF_LOGGER: Readonly<Record<string, string>> = {
  AcpSessions: 'agents/acp',
  Agent: 'agents/acp',
  CommandDispatcher: 'commands',
  FileWatches: 'commands/filesystem',
  GitContexts: 'commands/git',
  Terminals: 'commands/terminal',
  Conversation: 'conversations',
  ConversationsService: 'conversations',
  InputLedger: 'conversations',
  Turn: 'conversations',
  ProtocolEmitterService: 'emitter',
  ListenerLifecycle: 'listener',
  'The journal': 'journal',
  RegistrationService: 'registration',
  Relay: 'relay',
  RelayErrorFilter: 'relay',
  JwtTokens: 'relay/access',
  LibsqlTokenStore: 'relay/access',
  LiveSockets: 'relay/access',
  StoredTokens: 'relay/access',
  TokenRenewals: 'relay/access',
  Audit: 'relay/audit',
  ArrivingSockets: 'relay/engine',
  BucketWatch: 'relay/engine',
  EmbeddedEngine: 'relay/engine',
  HomeDoor: 'relay/engine',
  HomeUpkeep: 'relay/engine',
  KvEnvironmentRegistry: 'relay/engine',
  KvFollower: 'relay/engine',
  KvRecords: 'relay/engine',
  NatsConnection: 'relay/engine',
  NatsEngine: 'relay/engine',
  NodeDoors: 'relay/engine',
  NodeNews: 'relay/engine',
  Nodes: 'relay/engine',
  LibsqlEnvironmentRegistry: 'relay/environments',
  Presence: 'relay/environments',
  ClientGateway: 'relay/gateways',
  ClientSessions: 'relay/gateways',
  DeviceGateway: 'relay/gateways',
  DeviceSession: 'relay/gateways',
  DeviceSessions: 'relay/gateways',
  DrainDelay: 'relay/gateways',
  RelayWebSocketAdapter: 'relay/gateways',
  History: 'relay/routing',
  RoutingService: 'relay/routing',
  'The history': 'relay/routing',
  CertificateFiles: 'relay/tls',
  Link: 'transport',
};

/** Every room that has loggers, and every room around one of those. */
const ROOMS: readonly string[] = [
  ...new Set(
    Object.values(ROOM_OF_LOGGER).flatMap((room) => {
      const parts = room.split('/');
      return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
    }),
  ),
].toSorted();

const DEFAULT_LEVEL: LogLevel = 'info';

/** What is written as log levels and is none; the message says what is wanted. */
export class LogLevelsError extends Error {
  override readonly name = 'LogLevelsError';
}

/**
 * How much is logged, by room: `info,relay/routing=debug`. A room stands for the rooms in it; the most exact name counts, and a logger's own name is
 * the most exact. May be changed while the process runs.
 */
export class LogLevels {
  private levels: ReadonlyMap<string, LogLevel>;
  private readonly known = new Map<string, number>();
  /** Loggers that have asked. */
  private readonly loggers = new Set<string>(Object.keys(ROOM_OF_LOGGER));

  /** @throws LogLevelsError */
  constructor(text: string = DEFAULT_LEVEL) {
    this.levels = readLevels(text);
  }

  /**
   * From now on. A name that is no room, and no logger that has said anything yet, is refused: whoever changes levels while something is wrong
   * should not wait in vain for what a slip of the pen keeps silent.
   *
   * @throws LogLevelsError and leaves everything as it was
   */
  set(text: string): void {
    const levels = readLevels(text);
    const unknown = [...levels.keys()].find((name) => name !== '' && !ROOMS.includes(name) && !this.loggers.has(name));
    if (unknown !== undefined)
      throw new LogLevelsError(
        `"${unknown}" is no room and no logger of this process; the rooms are ${ROOMS.join(', ')}.`,
      );
    this.levels = levels;
    this.known.clear();
  }

  /** As `set` takes it. */
  toString(): string {
    return [...this.levels].map(([name, level]) => (name === '' ? level : `${name}=${level}`)).join(',');
  }

  /** @param logger its name; undefined where it has none */
  allows(level: LogLevel, logger = ''): boolean {
    let most = this.known.get(logger);
    if (most === undefined) this.loggers.add(logger);
    if (most === undefined) this.known.set(logger, (most = LOG_LEVELS.indexOf(this.levelOf(logger))));
    return LOG_LEVELS.indexOf(level) <= most;
  }

  private levelOf(logger: string): LogLevel {
    const own = this.levels.get(logger);
    if (own) return own;
    for (
      let room = ROOM_OF_LOGGER[logger] ?? '';
      room !== '';
      room = room.slice(0, Math.max(0, room.lastIndexOf('/')))
    ) {
      const level = this.levels.get(room);
      if (level) return level;
    }
    return this.levels.get('') ?? DEFAULT_LEVEL;
  }
}

/** By room, the general one under the empty name and first. */
function readLevels(text: string): ReadonlyMap<string, LogLevel> {
  const levels = new Map<string, LogLevel>([['', DEFAULT_LEVEL]]);
  for (const part of text.split(',').map((one) => one.trim())) {
    const at = part.lastIndexOf('=');
    const wanted = part.slice(at + 1).trim();
    const level = LOG_LEVELS.find((name) => name === wanted);
    const name = part.slice(0, Math.max(0, at)).trim();
    if (!level || (at >= 0 && name === ''))
      throw new LogLevelsError(
        `"${part}" is no log level: give ${LOG_LEVELS.join(', ')}, and for single rooms room=level, separated by commas (info,relay/routing=debug).`,
      );
    levels.set(name, level);
  }
  return levels;
}

import type { LoggerService } from '@nestjs/common';
import { pino, type DestinationStream, type Level, type Logger } from 'pino';
import type { LogLevels } from './log-levels.js';

export interface LoggerOptions {
  /** Default: standard error, so that standard output stays the program's own. */
  readonly destination?: DestinationStream;
}

/** The process's structured log: JSON lines, without tokens. */
export function createLogger({ destination = pino.destination(2) }: LoggerOptions = {}): Logger {
  return pino(
    {
      // Who logs decides: levels are by room.
      level: 'trace',
      redact: {
        paths: ['token', '*.token', 'authorization', '*.authorization', 'headers.authorization'],
        censor: '[hidden]',
      },
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
      // The whole line: addresses stand in messages, in errors and their stacks, in fields.
      hooks: { streamWrite: redactUrls },
    },
    destination,
  );
}

/** Nest's log calls, written by pino as far as levels allow. An object among the arguments becomes fields of the line. */
export class PinoLoggerService implements LoggerService {
  constructor(
    private readonly logger: Logger,
    private readonly levels: LogLevels,
  ) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest passes the context last, and for errors the stack before it. */
  private write(level: Level, message: unknown, rest: unknown[]): void {
    const last = rest.at(-1);
    if (!this.levels.allows(level, typeof last === 'string' ? last : undefined)) return;
    const context = typeof last === 'string' ? { context: last } : {};
    const stack = rest.length > 1 && typeof rest[0] === 'string' ? { stack: rest[0] } : {};
    const fields = rest.find((value): value is object => typeof value === 'object' && value !== null);
    if (message instanceof Error) this.logger[level]({ ...context, ...fields, err: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.logger[level]({ ...context, ...message });
    else this.logger[level]({ ...context, ...stack, ...fields }, String(message));
  }
}

/** Hides what must not be read in a log: tokens and leases in query strings. */
function redactUrls(text: string): string {
  return text.replace(/([?&](?:token|lease)=)[^&\s"'\\]+/g, '$1[hidden]');
}

import { Logger } from '@nestjs/common';
import { Writable } from 'node:stream';
import { createLogger, LogLevels, PinoLoggerService } from '../../src/observability/index.js';
import { SILENT } from './silent-logger.js';

export type LogLine = Record<string, unknown>;

/** Everything that Nest's loggers write from now on, as it would stand in the log; call it after the application was made. */
export class LogLines {
  readonly lines: LogLine[] = [];

  constructor() {
    const destination = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        this.lines.push(JSON.parse(chunk.toString()) as LogLine);
        done();
      },
    });
    Logger.overrideLogger(new PinoLoggerService(createLogger({ destination }), new LogLevels('trace')));
  }

  /** Those that say this. */
  saying(msg: string): LogLine[] {
    return this.lines.filter((line) => line['msg'] === msg);
  }

  stop(): void {
    Logger.overrideLogger(SILENT);
  }
}

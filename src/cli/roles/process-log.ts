import { createLogger, LogLevels, PinoLoggerService } from '../../observability/index.js';

/** What of Nest logs an error with its stack and throws it on. */
const THROWN_ON = 'ExceptionHandler';

let levels: LogLevels | undefined;

/** The log of a process whose end says what it ended with: in one line, where that is known. */
class ProcessLogger extends PinoLoggerService {
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== THROWN_ON) super.error(message, ...rest);
  }
}

/**
 * The log of this process: both roles of `twinlane start` write one, and what changes its levels changes them for both.
 *
 * @param text as in `TWINLANE_LOG_LEVEL`
 */
export function processLog(text: string): { readonly levels: LogLevels; readonly logger: PinoLoggerService } {
  if (levels) levels.set(text);
  else levels = new LogLevels(text);
  return { levels, logger: new ProcessLogger(createLogger(), levels) };
}

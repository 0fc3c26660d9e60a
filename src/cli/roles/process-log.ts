import { createLogger, LogLevels, PinoLoggerService } from '../../observability/index.js';

let levels: LogLevels | undefined;

/**
 * The log of this process: both roles of `twinlane start` write one, and what changes its levels changes them for both.
 *
 * @param text as in `TWINLANE_LOG_LEVEL`
 */
export function processLog(text: string): { readonly levels: LogLevels; readonly logger: PinoLoggerService } {
  if (levels) levels.set(text);
  else levels = new LogLevels(text);
  return { levels, logger: new PinoLoggerService(createLogger(), levels) };
}

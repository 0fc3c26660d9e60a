export { createLogger, LOG_LEVELS, type LoggerOptions, type LogLevel, PinoLoggerService } from './logger.js';
export { HealthModule } from './health.module.js';
export { Readiness, type ReadinessCheck, type ReadinessState } from './readiness.js';

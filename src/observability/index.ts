export { CommandSpan } from './command-span.js';
export { LOG_LEVELS, LogLevels, LogLevelsError } from './log-levels.js';
export { createLogger, type LoggerOptions, PinoLoggerService } from './logger.js';
export { HealthServer, type HealthPart } from './health-server.js';
export { HealthModule } from './health.module.js';
export { LossLog } from './loss-log.js';
export { JournalMetrics } from './metrics/journal.metrics.js';
export {
  type DescribedMetric,
  DURATION_BUCKETS,
  Metrics,
  METRICS_CONTENT_TYPE,
  processMetricsText,
} from './metrics/metrics.js';
export { MetricsModule } from './metrics/metrics.module.js';
export { TrafficMetrics } from './metrics/traffic.metrics.js';
export { Readiness, type ReadinessCheck, type ReadinessState } from './readiness.js';

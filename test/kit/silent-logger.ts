import type { LoggerService } from '@nestjs/common';

/** For tests in which warnings are part of the case. */
export const SILENT: LoggerService = { log() {}, error() {}, warn() {}, debug() {}, verbose() {}, fatal() {} };

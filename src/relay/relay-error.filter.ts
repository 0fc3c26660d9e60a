import { Catch, HttpException, Injectable, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { IncomingMessage } from 'node:http';
import { ERROR_CODES, isRecord, type ErrorCode } from '../protocol/index.js';
import { arrivalOf } from './access/arrival.js';
import { addressOf } from './access/client-address.js';
import { Audit } from './audit/audit.js';
import { RelayMetrics } from './metrics/relay.metrics.js';
import { RelayError } from './relay.error.js';

const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'TOKEN_REFUSED',
  404: 'PATH_UNKNOWN',
  413: 'BODY_TOO_LARGE',
  429: 'TOO_MANY',
  503: 'NOT_READY',
};

/** One error shape for whatever goes wrong over HTTP: ours, Nest's, and the body parser's (protocol section 1). */
@Catch()
@Injectable()
export class RelayErrorFilter implements ExceptionFilter {
  private readonly log = new Logger(RelayErrorFilter.name);

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly metrics: RelayMetrics,
    private readonly audit: Audit,
  ) {}

  catch(exception: unknown, context: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    const response: unknown = context.switchToHttp().getResponse();
    const error = toRelayError(exception);
    this.metrics.refusedAt('http', error.code);
    this.audit.refused(request, 'http', error);
    const fields = { httpRequestId: arrivalOf(request).requestId, address: addressOf(request), code: error.code };
    if (error.code === 'INTERNAL') this.log.error(exception, fields);
    else this.log.debug('A request was refused.', fields);
    if (httpAdapter.isHeadersSent(response)) return;
    for (const [name, value] of Object.entries(error.headers)) httpAdapter.setHeader(response, name, value);
    httpAdapter.reply(response, error.body, error.status);
  }
}

function toRelayError(exception: unknown): RelayError {
  if (exception instanceof RelayError) return exception;
  const body: unknown = exception instanceof HttpException ? exception.getResponse() : undefined;
  if (isRecord(body) && isErrorCode(body['errorCode']))
    return new RelayError(body['errorCode'], String(body['message']));
  const status = statusOfForeign(exception);
  if (status === undefined || status >= 500) return new RelayError(CODE_OF_STATUS[status ?? 500] ?? 'INTERNAL');
  const code = CODE_OF_STATUS[status];
  if (code) return new RelayError(code);
  return new RelayError('BAD_REQUEST', exception instanceof Error ? exception.message : undefined);
}

/** Body parsers throw errors with an HTTP status that are no exceptions of Nest. */
function statusOfForeign(exception: unknown): number | undefined {
  if (exception instanceof HttpException) return exception.getStatus();
  const status: unknown = exception instanceof Error && 'status' in exception ? exception.status : undefined;
  return typeof status === 'number' ? status : undefined;
}

function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === 'string' && Object.hasOwn(ERROR_CODES, value);
}

import { isRecord, readRetryAfter } from '../protocol/index.js';
import { EnvironmentNotFoundError, RelayRefusedError, TokenRefusedError } from './client.error.js';

/**
 * The error for an HTTP status other than success, of REST and of refused upgrades alike.
 *
 * @param body JSON of the relay's one error shape; what proxies send in its place is left out
 * @param retryAfter the header of that name
 * @param environment named in the path, where there was one
 */
export function refusal(
  status: number,
  body: string,
  retryAfter: string | null | undefined,
  environment?: string,
): Error {
  const { code, message } = readErrorBody(body);
  const text = message ?? `The relay answered with HTTP status ${status}.`;
  if (status === 401) return new TokenRefusedError(text, code);
  if (status === 404 && environment !== undefined && code !== 'PATH_UNKNOWN')
    return new EnvironmentNotFoundError(environment, message ?? `The relay knows no environment "${environment}".`);
  return new RelayRefusedError(status, code, text, readRetryAfter(retryAfter, Date.now()));
}

function readErrorBody(body: string): { code: string | undefined; message: string | undefined } {
  const parsed = parse(body);
  const { errorCode, message, error } = isRecord(parsed) ? parsed : {};
  return { code: textOf(errorCode), message: textOf(message) ?? textOf(error) };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // A proxy's page: the status alone says what there is to say.
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

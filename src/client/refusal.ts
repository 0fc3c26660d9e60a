import { readRefusal, readRetryAfter } from '../protocol/index.js';
import { EnvironmentNotFoundError, RelayRefusedError, TokenRefusedError } from './client.error.js';

/**
 * The error for an HTTP status other than success, of REST and of refused upgrades alike.
 *
 * @param body as `readRefusal` reads it
 * @param retryAfter the header of that name
 * @param environment named in the path, where there was one
 */
export function refusal(
  status: number,
  body: string,
  retryAfter: string | null | undefined,
  environment?: string,
): Error {
  const { errorCode: code, message } = readRefusal(body);
  const text = message ?? `The relay answered with HTTP status ${status}.`;
  if (status === 401) return new TokenRefusedError(text, code);
  if (status === 404 && environment !== undefined && code !== 'PATH_UNKNOWN')
    return new EnvironmentNotFoundError(environment, message ?? `The relay knows no environment "${environment}".`);
  return new RelayRefusedError(status, code, text, readRetryAfter(retryAfter, Date.now()));
}

import { isRecord } from './frames.js';

/** What a server says when it refuses a request or an upgrade; each is undefined where it does not say it. */
export interface RefusalWords {
  /** Its own code. */
  readonly errorCode: string | undefined;
  readonly message: string | undefined;
}

/**
 * Reads the body of a refusal: `errorCode` and `message`, or, from other servers, `code` and `error` (protocol section 1). What
 * proxies send in its place says nothing: the status has to be enough.
 */
export function readRefusal(body: string): RefusalWords {
  const parsed = parse(body);
  const { errorCode, code, message, error } = isRecord(parsed) ? parsed : {};
  return { errorCode: firstText(errorCode, code), message: firstText(message, error) };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function firstText(...values: unknown[]): string | undefined {
  return values.find((value): value is string => typeof value === 'string' && value !== '');
}

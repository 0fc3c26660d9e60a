import { Inject, Injectable, Logger } from '@nestjs/common';
import { CLOCK } from '../config/index.js';
import { Metrics } from '../observability/index.js';
import { type Clock, readBoundedText, type RegistrationRequest, sleep } from '../protocol/index.js';
import { Backoff } from './backoff.js';
import { readRegistrationAnswer } from './registration-answer.js';
import { RegistrationError } from './registration.error.js';
import { RegistrationOptions } from './registration.options.js';
import { HTTP_FETCH, type HttpFetch, type Registration } from './registration.js';

/** Bytes of an answer, far beyond a registration and beyond the pages of proxies. */
const MAX_ANSWER_BYTES = 1024 * 1024;

/** Registers the listener over HTTP and learns what the server can do (protocol section 1). */
@Injectable()
export class RegistrationService {
  private readonly log = new Logger(RegistrationService.name);
  private readonly retries;

  constructor(
    private readonly options: RegistrationOptions,
    @Inject(HTTP_FETCH) private readonly fetch: HttpFetch,
    @Inject(CLOCK) private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.retries = metrics.counter('twinlane_listener_registration_retries_total', 'Registrations tried again.', [
      'fault',
    ]);
  }

  /**
   * Registers, trying again on what passes by itself, for as long as it takes.
   *
   * @throws RegistrationError that is final; the signal's reason when it was aborted
   */
  async register(token: string, signal: AbortSignal): Promise<Registration> {
    const { backoffMinMs, backoffMaxMs } = this.options;
    const backoff = new Backoff(backoffMinMs, backoffMaxMs);
    for (;;) {
      signal.throwIfAborted();
      try {
        return await this.registerOnce(token, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RegistrationError) || !error.retryable) throw error;
        this.retries.inc({ fault: error.fault });
        const wait = (error.retryAfterMs ?? 0) + backoff.next();
        this.log.warn(`${error.message} Next try in ${(wait / 1_000).toFixed(1)} s.`);
        await sleep(this.clock, wait, signal);
      }
    }
  }

  /** @throws RegistrationError for every failure */
  async registerOnce(token: string, signal: AbortSignal): Promise<Registration> {
    const { server, requestDeadlineMs } = this.options;
    const deadline = new AbortController();
    const timer = this.clock.after(requestDeadlineMs, () => deadline.abort());
    const either = AbortSignal.any([signal, deadline.signal]);
    try {
      const response = await this.fetch(`${server.replace(/\/+$/, '')}/v1/environments/register`, {
        method: 'POST',
        redirect: 'manual',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(this.request()),
        signal: either,
      });
      const text = await readBoundedText(response, MAX_ANSWER_BYTES, either);
      const answer = { status: response.status, header: (name: string) => response.headers.get(name), text };
      return readRegistrationAnswer(answer, server, this.clock.now());
    } catch (error) {
      if (error instanceof RegistrationError) throw error;
      if (deadline.signal.aborted)
        throw new RegistrationError(
          'deadline',
          `${server} did not answer the registration within ${requestDeadlineMs / 1_000} s; check the address (TWINLANE_SERVER) and the network.`,
          { cause: error },
        );
      throw new RegistrationError(
        'network',
        `Cannot reach ${server}: ${reasonOf(error)}. Check the address (TWINLANE_SERVER) and the network.`,
        { cause: error },
      );
    } finally {
      timer.cancel();
    }
  }

  private request(): RegistrationRequest {
    const { deviceId, listenerInstanceId, connectionName, metadata } = this.options;
    return {
      deviceId,
      ...(listenerInstanceId === undefined ? {} : { listenerInstanceId }),
      connectionName,
      metadata: {
        os: process.platform,
        nodeVersion: process.version,
        environmentMessageProtocol: 'v2-input',
        supportsPairedListenerGenerations: true,
        supportsResumableChannels: true,
        supportsChunkedFrames: true,
        eventSeqScope: 'runtime',
        ...metadata,
      },
    };
  }
}

/** Node's fetch hides what happened in `cause`. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  return cause.message || (cause as NodeJS.ErrnoException).code || cause.name;
}

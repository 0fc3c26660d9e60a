import { Logger } from '@nestjs/common';
import { credsAuthenticator, type NodeConnectionOptions } from '@nats-io/transport-node';
import { readFileSync } from 'node:fs';
import type { NatsAddress } from './nats-address.js';
import type { NatsOptions } from './nats.options.js';

/** Signs of life that may be missing; with the next one the server is away. */
const UNANSWERED_PINGS = 2;
const FOR_EVER = -1;

/** @param nodeName how servers call the connection */
export function connectionOptions(address: NatsAddress, nodeName: string, options: NatsOptions): NodeConnectionOptions {
  const { servers, user, password, token, tls } = address;
  const { credentialsFile, caFile, certFile, keyFile, reconnectMs, pingMs, answerMs } = options;
  const wantsTls = tls || caFile !== undefined || certFile !== undefined;
  return {
    servers: [...servers],
    name: nodeName,
    maxReconnectAttempts: FOR_EVER,
    // Credentials are renewed on the disk, and servers restarted with other ones: no reason to give up.
    ignoreAuthErrorAbort: true,
    // Else the library waits 20 s for each server that takes no packets any more, before it tries the next one.
    timeout: answerMs,
    reconnectTimeWait: reconnectMs,
    reconnectJitter: reconnectMs,
    reconnectJitterTLS: reconnectMs,
    pingInterval: pingMs,
    maxPingOut: UNANSWERED_PINGS,
    // Else each question makes two errors with their stacks in case that it fails.
    noAsyncTraces: true,
    ...(user === undefined || password === undefined ? {} : { user, pass: password }),
    ...(token === undefined ? {} : { token }),
    ...(credentialsFile === undefined ? {} : { authenticator: credsAuthenticator(credentialsOf(credentialsFile)) }),
    ...(wantsTls
      ? {
          tls: {
            ...(caFile === undefined ? {} : { caFile }),
            ...(certFile === undefined ? {} : { certFile }),
            ...(keyFile === undefined ? {} : { keyFile }),
          },
        }
      : {}),
  };
}

/** Reads them before each connection; one that cannot be read any more must not end the connection for good, as an error here would. */
function credentialsOf(file: string): () => Uint8Array {
  let known: Uint8Array | undefined;
  return () => {
    try {
      known = new Uint8Array(readFileSync(file));
    } catch (error) {
      if (!known) throw error;
      new Logger('NatsConnection').warn(`${String(error)}: the credentials read before are used again.`);
    }
    return known;
  };
}

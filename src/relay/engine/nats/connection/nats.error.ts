/** NATS cannot be used, or not now; the message says what to do. */
export class NatsError extends Error {
  override readonly name = 'NatsError';
}

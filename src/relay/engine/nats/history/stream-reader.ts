import { createInbox, type Msg, type NatsConnection as CoreConnection } from '@nats-io/transport-node';

/** What is asked for in one go: the server lets go of a connection that is 64 MiB behind. */
const PULL_MESSAGES = 1_000;
const PULL_BYTES = 4 * 1024 * 1024;
/** A server waits this long, in ms, for messages that it does not have. */
const EXPIRES_MS = 5_000;
const NS_PER_MS = 1e6;
/** A pull that has not ended after this time, in ms, never does: its server is gone. */
const PULL_MS = 6 * EXPIRES_MS;

const NO_MESSAGES = 404;
const EXPIRED = 408;
const CONFLICT = 409;

/** A message that a consumer has delivered. */
export interface Delivered {
  readonly message: Msg;
  /** Place in the whole stream. */
  readonly sequence: number;
  /** When it was stored, epoch ms. */
  readonly at: number;
}

interface Pull {
  readonly delivered: readonly Delivered[];
  /** Messages that follow. */
  readonly left: number;
  /** The first of those is larger than a pull may be. */
  readonly isTooLarge: boolean;
}

/** Reads what a pull consumer has, in large bites; the next one is on its way while one is worked on. */
export class StreamReader {
  private deliveries = 0;

  constructor(
    private readonly core: CoreConnection,
    private readonly stream: string,
    private readonly consumer: string,
    /** Sequence of a message that must come too, and is waited for; 0: none. */
    private readonly through: number,
  ) {}

  /**
   * @param left messages that there are
   * @throws Error when one was lost on its way, or does not come
   */
  async *read(left: number): AsyncIterable<Delivered> {
    let newest = 0;
    let next = left > 0 || newest < this.through ? this.pull(left, PULL_BYTES) : undefined;
    while (next) {
      const { delivered, left: following, isTooLarge } = await next;
      newest = delivered.at(-1)?.sequence ?? newest;
      const hasEnded = delivered.length === 0 && !isTooLarge;
      if (hasEnded && newest < this.through)
        throw new Error(`A server of NATS is behind: it does not have message ${this.through} of ${this.stream} yet.`);
      const isMore = !hasEnded && (following > 0 || newest < this.through);
      next = isMore ? this.pull(isTooLarge ? 1 : following, isTooLarge ? undefined : PULL_BYTES) : undefined;
      // Where nobody reads to the end, nobody asks what became of it.
      next?.catch(() => {});
      yield* delivered;
    }
  }

  private pull(left: number, bytes: number | undefined): Promise<Pull> {
    const most = Math.max(1, Math.min(left, PULL_MESSAGES));
    return new Promise((resolve, reject) => {
      const delivered: Delivered[] = [];
      const inbox = createInbox();
      let pending = left;
      const end = (failure?: Error, isTooLarge = false): void => {
        clearTimeout(timer);
        subscription.unsubscribe();
        if (failure) reject(failure);
        else resolve({ delivered, left: pending, isTooLarge: isTooLarge && delivered.length === 0 });
      };
      const timer = setTimeout(() => end(new Error(`Nobody answers for ${this.stream}.`)), PULL_MS);
      const subscription = this.core.subscribe(inbox, {
        callback: (error, message) => {
          const place = error ? undefined : placeOf(message);
          if (error) end(error);
          else if (!place) this.ended(message, end);
          else if (place.delivery !== ++this.deliveries)
            end(new Error(`Messages of ${this.stream} were lost on their way.`));
          else {
            pending = place.pending;
            delivered.push({ message, sequence: place.sequence, at: place.at });
            if (delivered.length === most || (pending === 0 && place.sequence >= this.through)) end();
          }
        },
      });
      const asked = { batch: most, expires: EXPIRES_MS * NS_PER_MS, max_bytes: bytes };
      const subject = `$JS.API.CONSUMER.MSG.NEXT.${this.stream}.${this.consumer}`;
      this.core.publish(subject, JSON.stringify(asked), { reply: inbox });
    });
  }

  /** In place of a message the server has said why there are no more. */
  private ended({ headers }: Msg, end: (failure?: Error, isTooLarge?: boolean) => void): void {
    const { code = 0, description = '' } = headers ?? {};
    const isTooLarge = code === CONFLICT && /MaxBytes/i.test(description);
    if (isTooLarge || code === NO_MESSAGES || code === EXPIRED) end(undefined, isTooLarge);
    else end(new Error(`${this.stream} cannot be read (${code} ${description}).`));
  }
}

/** As the server has it in the subject for the acknowledgement; undefined: this is no message of a stream. */
function placeOf({
  reply = '',
}: Msg):
  | { readonly sequence: number; readonly delivery: number; readonly at: number; readonly pending: number }
  | undefined {
  const tokens = reply.split('.');
  // Since 2.10 a domain and an account may stand before the stream, and something random behind all.
  const from = tokens.length === 9 ? 5 : 7;
  const [sequence, delivery, nanos, pending] = tokens.slice(from, from + 4).map(Number);
  const isPlace = tokens[0] === '$JS' && tokens[1] === 'ACK';
  if (!isPlace || sequence === undefined || delivery === undefined || nanos === undefined || pending === undefined)
    return undefined;
  return { sequence, delivery, at: Math.floor(nanos / NS_PER_MS), pending };
}

import { IsInt, Max, Min } from 'class-validator';

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * What one token, or one client, may ask of a relay, so that nobody else waits for it (reliability C36). What is over is refused with
 * `TOO_MANY` and says when to come back.
 *
 * @publicApi
 */
export class LimitsOptions {
  /** Sockets of listeners that one token may have open; a listener has two. Upgrades beyond are answered 429. Default 4,000. */
  @IsInt()
  @Min(1)
  listenerSocketsPerToken: number = 4_000;

  /**
   * Sockets of clients that one token may have open; an attachment has two. Upgrades beyond are answered 429; those of browsers,
   * which would not see that, are closed with 4029. Default 1,000.
   */
  @IsInt()
  @Min(1)
  clientSocketsPerToken: number = 1_000;

  /** Registrations of one token in a second, over time. Beyond: 429. Default 20. */
  @IsInt()
  @Min(1)
  registrationsPerSecond: number = 20;

  /** Registrations of one token at once, after a pause. Default 1,000. */
  @IsInt()
  @Min(1)
  registrationBurst: number = 1_000;

  /**
   * Commands of one client in a second, over time; over REST, of one token. Beyond, a command is answered with an error that says
   * when to send it again; one that has no answer closes its socket with 4029. Default 200.
   */
  @IsInt()
  @Min(1)
  commandsPerSecond: number = 200;

  /** Commands of one client at once, after a pause. Default 400. */
  @IsInt()
  @Min(1)
  commandBurst: number = 400;

  /**
   * A client that goes on sending until what was refused would take this long at its rate, in ms, is closed with 4029.
   * Default 5,000.
   */
  @IsInt()
  @Min(0)
  @Max(LONGEST_TIMER_MS)
  floodMs: number = 5_000;

  /** Commands of one client that are not answered yet. Default 1,000. */
  @IsInt()
  @Min(1)
  unansweredPerClient: number = 1_000;
}

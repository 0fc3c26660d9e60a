import { Milliseconds, WholeNumber } from '../../config/index.js';

/**
 * What one token, one address or one client may ask of a relay, so that nobody else waits for it (reliability C36). What is over is
 * refused with `TOO_MANY` and says when to come back. An address is an IPv4 address, or a /64 network of IPv6; its limits hold before
 * a token is looked at.
 *
 * @publicApi
 */
export class LimitsOptions {
  /** Sockets of listeners that one token may have open; a listener has two. Upgrades beyond are answered 429. Default 4,000. */
  @WholeNumber({ min: 1 })
  listenerSocketsPerToken: number = 4_000;

  /**
   * Sockets of clients that one token may have open; an attachment has two. Upgrades beyond are answered 429; those of browsers,
   * which would not see that, are closed with 4029. Default 1,000.
   */
  @WholeNumber({ min: 1 })
  clientSocketsPerToken: number = 1_000;

  /** Sockets of listeners that one address may have open. Upgrades beyond are answered 429. Default 10,000. */
  @WholeNumber({ min: 1 })
  listenerSocketsPerAddress: number = 10_000;

  /** Sockets of clients that one address may have open. Upgrades beyond are refused like those of a token. Default 4,000. */
  @WholeNumber({ min: 1 })
  clientSocketsPerAddress: number = 4_000;

  /** Upgrades of one token in a second, over time, of listeners and clients. Beyond: 429, and 4029 for browsers. Default 200. */
  @WholeNumber({ min: 1 })
  upgradesPerSecond: number = 200;

  /** Upgrades of one token at once, after a pause. Default 10,000: all that one token has come back together. */
  @WholeNumber({ min: 1 })
  upgradeBurst: number = 10_000;

  /** Upgrades of one address in a second, over time, also those whose token is refused. Beyond: 429. Default 400. */
  @WholeNumber({ min: 1 })
  addressUpgradesPerSecond: number = 400;

  /** Upgrades of one address at once, after a pause. Default 20,000. */
  @WholeNumber({ min: 1 })
  addressUpgradeBurst: number = 20_000;

  /** Registrations of one token in a second, over time. Beyond: 429. Default 20. */
  @WholeNumber({ min: 1 })
  registrationsPerSecond: number = 20;

  /** Registrations of one token at once, after a pause. Default 1,000. */
  @WholeNumber({ min: 1 })
  registrationBurst: number = 1_000;

  /** Registrations of one address in a second, over time, also those whose token is refused. Beyond: 429. Default 50. */
  @WholeNumber({ min: 1 })
  addressRegistrationsPerSecond: number = 50;

  /** Registrations of one address at once, after a pause. Default 2,000. */
  @WholeNumber({ min: 1 })
  addressRegistrationBurst: number = 2_000;

  /**
   * Requests over REST of one address in a second, over time, also those whose token is refused; registrations have a limit of their own.
   * Beyond: 429. Default 200.
   */
  @WholeNumber({ min: 1 })
  addressRequestsPerSecond: number = 200;

  /** Such requests of one address at once, after a pause. Default 4,000. */
  @WholeNumber({ min: 1 })
  addressRequestBurst: number = 4_000;

  /** Pages of the audit log that one token may read in a second, over time; each costs as much as it reads. Beyond: 429. Default 5. */
  @WholeNumber({ min: 1 })
  auditPagesPerSecond: number = 5;

  /** Such pages at once, after a pause. Default 100. */
  @WholeNumber({ min: 1 })
  auditPageBurst: number = 100;

  /**
   * Commands of one client in a second, over time; over REST, of one token. Beyond, a command is answered with an error that says
   * when to send it again; one that has no answer closes its socket with 4029. Default 200.
   */
  @WholeNumber({ min: 1 })
  commandsPerSecond: number = 200;

  /** Commands of one client at once, after a pause. Default 400. */
  @WholeNumber({ min: 1 })
  commandBurst: number = 400;

  /**
   * Commands of all clients of one token in a second, over time, so that a client with another name has no more than its token. Beyond:
   * as for one client. Default 2,000.
   */
  @WholeNumber({ min: 1 })
  tokenCommandsPerSecond: number = 2_000;

  /** Commands of all clients of one token at once, after a pause. Default 4,000. */
  @WholeNumber({ min: 1 })
  tokenCommandBurst: number = 4_000;

  /** Commands of one address in a second, over time, over sockets and REST. Beyond: as for one client. Default 4,000. */
  @WholeNumber({ min: 1 })
  addressCommandsPerSecond: number = 4_000;

  /** Commands of one address at once, after a pause. Default 8,000. */
  @WholeNumber({ min: 1 })
  addressCommandBurst: number = 8_000;

  /**
   * A client that goes on sending until what was refused would take this long at its rate, in ms, is closed with 4029.
   * Default 5,000.
   */
  @Milliseconds({ min: 0 })
  floodMs: number = 5_000;

  /**
   * Small messages on one socket of a listener or client in a second, over time: heartbeats, acknowledgements that say nothing new, messages
   * that are no frames, and of a listener whatever is smaller than any event. Beyond, the socket is closed with 4029. Events, and
   * what a window holds back, do not count. Default 5,000.
   */
  @WholeNumber({ min: 1 })
  framesPerSecond: number = 5_000;

  /** Such messages at once, after a pause. Default 20,000. */
  @WholeNumber({ min: 1 })
  frameBurst: number = 20_000;

  /**
   * Nobody who is refused is told to come back later than this, in ms; where more wait than the rate allows until then, the same moments are
   * given out again. Default 300,000.
   */
  @Milliseconds({ min: 1_000 })
  longestWaitMs: number = 300_000;

  /** Commands of one client that are not answered yet. Default 1,000. */
  @WholeNumber({ min: 1 })
  unansweredPerClient: number = 1_000;
}

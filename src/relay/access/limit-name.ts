/** Which limit somebody ran into; one of few, so that they can be counted apart. */
export type LimitName =
  | 'listener-sockets'
  | 'client-sockets'
  | 'address-listener-sockets'
  | 'address-client-sockets'
  | 'upgrades'
  | 'address-upgrades'
  | 'registrations'
  | 'address-registrations'
  | 'address-requests'
  | 'audit-pages'
  | 'rest-commands'
  /** A client's command came too soon after its others. */
  | 'commands'
  /** A command came too soon after those of all clients of its token, or of its address. */
  | 'token-commands'
  | 'address-commands'
  /** Too many of a client's commands are not answered yet. */
  | 'unanswered'
  /** A history went because its environment has too many runtimes, or keeps too much. */
  | 'runtimes'
  | 'history'
  /** Even the name of a runtime went. */
  | 'runtime-names'
  /** A reader of old events had to wait for its turn. */
  | 'replays'
  /** A device began an answer in chunks, and did not go on with it. */
  | 'stalled-answers'
  /** A socket of a listener or client was closed: too many messages that nothing else holds back. */
  | 'frames'
  /** A client was closed: it went on sending, or what it sent has no answer that could refuse it. */
  | 'flood';

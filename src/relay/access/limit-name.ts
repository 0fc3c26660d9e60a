/** Which limit somebody ran into; one of few, so that they can be counted apart. */
export type LimitName =
  | 'listener-sockets'
  | 'client-sockets'
  | 'registrations'
  | 'rest-commands'
  /** A client's command came too soon after its others. */
  | 'commands'
  /** Too many of a client's commands are not answered yet. */
  | 'unanswered'
  /** A client was closed: it went on sending, or what it sent has no answer that could refuse it. */
  | 'flood';

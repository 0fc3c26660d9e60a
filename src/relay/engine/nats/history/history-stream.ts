/** What each message says of the whole that it is a part of: a large one goes in several, and counts when all of them are there. */
export interface PartLabel {
  /** Which home wrote it: later homes of an environment have higher terms. */
  readonly term: number;
  /** From 1. */
  readonly part: number;
  readonly parts: number;
  /** Names of the first and the last event in the whole; undefined where it holds none. */
  readonly events?: { readonly epoch: string; readonly first: number; readonly last: number };
}

/** A message to be stored. */
export interface NewMessage {
  readonly subject: string;
  /** A message with the same id, stored shortly before, is the same. */
  readonly id: string;
  readonly label: PartLabel;
  readonly data: Uint8Array;
}

/** A message as it lies in a stream. */
export interface StoredMessage {
  readonly subject: string;
  /** Place in the whole stream: it grows with each message. */
  readonly sequence: number;
  /** When it was stored, epoch ms. */
  readonly at: number;
  /** Undefined: nobody that is known here wrote it. */
  readonly label: PartLabel | undefined;
  readonly data: Uint8Array;
}

/** Which messages are read. */
export interface ReadFrom {
  /** Sequence of the first that counts. Default: the first of all. */
  readonly from?: number;
  /** Sequence of one that is there: it is waited for until the server that is asked has it, too. Default: none. */
  readonly through?: number;
}

/** A stream of messages on subjects, as histories use one. Every method rejects with another error than these while it is away. */
export interface HistoryStream {
  /** Bytes of the data in one message. */
  readonly maxMessageBytes: number;
  /**
   * @param after sequence of the newest message on this subject; 0: there is none
   * @returns its sequence, also where it was stored before
   * @throws WrongSequenceError when another message is the newest
   */
  publish(message: NewMessage, after: number): Promise<number>;
  /** The newest message on a subject. */
  last(subject: string): Promise<StoredMessage | undefined>;
  /** The message with this sequence. */
  get(sequence: number): Promise<StoredMessage | undefined>;
  /** Lets go of the messages of a subject (`*` and `>` stand for any) below a sequence. Default: of all. */
  purge(subject: string, below?: number): Promise<void>;
  /** How many messages each subject has now. */
  subjects(filter: string): Promise<ReadonlyMap<string, number>>;
  /**
   * The messages that are there now, in the order of their sequences. The server that is asked may be behind the one that counts
   * and knows the newest ones.
   */
  read(filter: string, range?: ReadFrom): AsyncIterable<StoredMessage>;
}

/** The newest message of a subject is another one than its publisher has named. */
export class WrongSequenceError extends Error {
  override readonly name = 'WrongSequenceError';

  constructor(subject: string, options?: ErrorOptions) {
    super(`Another message is the newest on ${subject} than expected.`, options);
  }
}

/** Another node is the home of this environment now. */
export class FencedError extends Error {
  override readonly name = 'FencedError';

  constructor(environmentId: string) {
    super(`Another node has taken over environment ${environmentId}: connect again to reach it.`);
  }
}

/** The histories of an environment were let go of before this was kept. */
export class HistoryClosedError extends Error {
  override readonly name = 'HistoryClosedError';

  constructor(what: string) {
    super(`${what} before this was kept: the device brings it again.`);
  }
}

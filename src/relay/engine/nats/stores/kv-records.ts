import { Logger } from '@nestjs/common';
import type { KV } from '@nats-io/kv';
import { setTimeout } from 'node:timers/promises';
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';
import { RelayError } from '../../../relay.error.js';
import type { NatsConnection } from '../connection/nats-connection.js';
import { NatsError } from '../connection/nats.error.js';

/** Attempts at one change; another node was faster each time. */
const ATTEMPTS = 30;
/** Longest wait before the second attempt, in ms; before each one after that as much more. */
const STEP_MS = 5;

/** Room for the headers of a message. */
const HEADERS_BYTES = 1_024;

/** A record as it was read. */
export interface Kept<T> {
  readonly value: T;
  /** Grows with every write of the record. */
  readonly revision: number;
}

/** What a change makes of a record. */
export interface Changed<T, R> {
  /** Undefined: it stays as it is. */
  readonly value: T | undefined;
  readonly result: R;
}

/**
 * Records in JSON, each under a key of one bucket, changed by compare-and-set. Everything throws RelayError ENGINE_AWAY where NATS does
 * not answer; whether a write was done is not known then. Writes throw BODY_TOO_LARGE for what no message takes.
 */
export class KvRecords {
  private readonly log = new Logger(KvRecords.name);
  /** Whether the last question was not answered. */
  private isFailing = false;
  /** By key: changes of this node wait for one another instead of trying again. */
  private readonly turns = new Map<string, Promise<unknown>>();

  private constructor(
    private readonly connection: NatsConnection,
    private readonly kv: KV,
    private readonly name: string,
  ) {}

  /** @throws NatsError when the bucket cannot be made */
  static async open(connection: NatsConnection, name: string): Promise<KvRecords> {
    return new KvRecords(connection, await connection.bucket(name), name);
  }

  async get<T>(key: string): Promise<Kept<T> | undefined> {
    const entry = await this.asked(() => this.kv.get(key));
    return entry?.operation === 'PUT' ? { value: entry.json<T>(), revision: entry.revision } : undefined;
  }

  /** @returns its revision; undefined when there is one already */
  async create(key: string, value: unknown): Promise<number | undefined> {
    const text = this.textOf(value);
    return this.compared(() => this.kv.create(key, text));
  }

  async put(key: string, value: unknown): Promise<number> {
    const text = this.textOf(value);
    return this.asked(() => this.kv.put(key, text));
  }

  /**
   * Changes one record, whoever else does meanwhile.
   *
   * @param change of what is there, undefined where nothing is; runs again when another one was faster, and may throw
   * @returns its result
   */
  change<T, R>(key: string, change: (current: T | undefined) => Changed<T, R>): Promise<R> {
    return this.inTurn(key, async () => {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (attempt > 0) await setTimeout(Math.random() * attempt * STEP_MS);
        const kept = await this.get<T>(key);
        const { value, result } = change(kept?.value);
        if (value === undefined) return result;
        const text = this.textOf(value);
        const done = kept
          ? await this.compared(() => this.kv.update(key, text, kept.revision))
          : await this.create(key, value);
        if (done !== undefined) return result;
      }
      throw away(new NatsError(`Other nodes changed ${key} each time that this one wanted to.`));
    });
  }

  /** Removes a record as far as `revision`: one that was written after that stays. */
  async remove(key: string, revision: number): Promise<void> {
    const filter = `$KV.${this.name}.${key}`;
    await this.asked(() => this.connection.manager.streams.purge(`KV_${this.name}`, { filter, seq: revision + 1 }));
  }

  private async inTurn<R>(key: string, work: () => Promise<R>): Promise<R> {
    const before = this.turns.get(key);
    const turn = before === undefined ? work() : before.then(work, work);
    this.turns.set(key, turn);
    try {
      return await turn;
    } finally {
      if (this.turns.get(key) === turn) this.turns.delete(key);
    }
  }

  /** Undefined: another one was faster. */
  private async compared(write: () => Promise<number>): Promise<number | undefined> {
    return this.asked(async () => {
      try {
        return await write();
      } catch (error) {
        if (isConflict(error)) return undefined;
        throw error;
      }
    });
  }

  private async asked<T>(ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await this.connection.ask(ask);
      this.isFailing = false;
      return answer;
    } catch (cause) {
      if (!(cause instanceof NatsError)) throw cause;
      // That NATS is away is said by the connection.
      if (!this.isFailing && this.connection.state === 'connected') this.log.error(cause.message);
      this.isFailing = true;
      throw away(cause);
    }
  }

  private textOf(value: unknown): string {
    const text = JSON.stringify(value);
    const bytes = Buffer.byteLength(text);
    const most = this.connection.maxPayload - HEADERS_BYTES;
    if (bytes <= most) return text;
    throw new RelayError(
      'BODY_TOO_LARGE',
      `This makes a record of ${bytes} bytes, and NATS takes ${most}: leave something out of it (metadata), or raise max_payload of nats-server.`,
    );
  }
}

/** What a write that NATS did not answer is called where its port has a code of its own for that. */
export async function orElse<T>(
  code: 'CHANGE_NOT_KEPT' | 'REGISTRATION_NOT_KEPT',
  write: () => Promise<T>,
): Promise<T> {
  try {
    return await write();
  } catch (cause) {
    if (!isAway(cause)) throw cause;
    throw new RelayError(code, NOT_ANSWERED, { cause });
  }
}

/** Whether NATS did not answer. */
export function isAway(error: unknown): boolean {
  return error instanceof RelayError && error.code === 'ENGINE_AWAY';
}

const NOT_ANSWERED = 'NATS did not answer, so it is not known whether this was written down. Ask again.';

function away(cause: NatsError): RelayError {
  return new RelayError('ENGINE_AWAY', undefined, { cause });
}

function isConflict(error: unknown): boolean {
  const { StreamWrongLastSequence, StreamWrongLastSequenceUnknown } = JetStreamApiCodes;
  return (
    error instanceof JetStreamApiError &&
    [StreamWrongLastSequence, StreamWrongLastSequenceUnknown].some((code) => code === error.code)
  );
}

import { createHash } from 'node:crypto';
import { type Runtime, runtimeKey } from '../../../../protocol/index.js';

/** What may stand between two dots of a subject, and means only itself. */
const TOKEN = /^[\w-]{1,64}$/;

/** Where the histories of one environment lie. What lies there says of which runtime it is. */
export class HistorySubjects {
  private readonly environment: string;

  /** @param partition which of the streams, from 0 */
  constructor(
    environmentId: string,
    private readonly partition: number,
  ) {
    this.environment = tokenOf(environmentId);
  }

  /** Events of all runtimes. */
  get allEvents(): string {
    return `${eventsOf(this.partition, this.environment)}.*`;
  }

  /** Records of all runtimes. */
  get allRecords(): string {
    return `${recordsOf(this.partition, this.environment)}.*`;
  }

  events(runtime: Runtime): string {
    return `${eventsOf(this.partition, this.environment)}.${runtimeToken(runtime)}`;
  }

  record(runtime: Runtime): string {
    return `${recordsOf(this.partition, this.environment)}.${runtimeToken(runtime)}`;
  }
}

/** What a stream of events takes. */
export function eventsOf(partition: number, environment: string): string {
  return `twinlane.history.${partition}.${environment}`;
}

/** What a stream of records takes. */
export function recordsOf(partition: number, environment: string): string {
  return `twinlane.record.${partition}.${environment}`;
}

/** In which of so many streams an environment lies, from 0. */
export function partitionOf(environmentId: string, partitions: number): number {
  return digest(environmentId).readUInt32BE() % partitions;
}

function runtimeToken(runtime: Runtime): string {
  return hashed(runtimeKey(runtime));
}

function tokenOf(name: string): string {
  return TOKEN.test(name) ? name : hashed(name);
}

/** Subjects are short, and names may be anything. */
function hashed(name: string): string {
  return digest(name).subarray(0, 16).toString('base64url');
}

function digest(name: string): Buffer {
  return createHash('sha256').update(name).digest();
}

import { IsBoolean, IsIn } from 'class-validator';
import { Bytes, WholeNumber } from '../../config/index.js';

const KIB = 1_024;
const MIB = 1_024 * KIB;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** Characters of an input that an entry may hold. */
export const MOST_INPUT_CHARACTERS = 200;

/** What the audit log records, and how long it is kept. */
export class AuditOptions {
  /** Which commands are recorded: `changing` leaves out what only reads, and keys typed into terminals. Default `changing`. */
  @IsIn(['all', 'changing', 'none'])
  commands: 'all' | 'changing' | 'none' = 'changing';

  /** So many first characters of each input are recorded, 0 to 200. Default 0: how long it is, and nothing of what it says. */
  @WholeNumber({ min: 0, max: MOST_INPUT_CHARACTERS })
  inputCharacters: number = 0;

  /**
   * Whether nothing may happen that cannot be recorded: while the log cannot be written (a full disk), commands that change something, new
   * clients, registrations and what admins do are refused with AUDIT_NOT_KEPT. Default: false, they go on, and what the log misses is told.
   */
  @IsBoolean()
  required: boolean = false;

  /** Bytes of one file, from 4 KiB; then a new one is begun, and after a day. Default 16 MiB. */
  @Bytes({ min: 4 * KIB })
  maxFileBytes: number = 16 * MIB;

  /** Files that are kept. Default 128, which is a day each or 2 GiB. */
  @WholeNumber({ min: 1 })
  maxFiles: number = 128;

  /** Age in ms; entries go within a day after that. Default: 90 days. */
  @WholeNumber({ min: 1 })
  maxAgeMs: number = 90 * DAY_MS;

  /** Refusals that are recorded in a second, over time: of one address a tenth of that. Default 10. */
  @WholeNumber({ min: 1 })
  refusalsPerSecond: number = 10;

  /** How many of them at once, after a pause: of one address a tenth of that. Default 200. */
  @WholeNumber({ min: 10 })
  refusalBurst: number = 200;
}

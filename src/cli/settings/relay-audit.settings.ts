import { IsBoolean, IsIn, IsInt, Max, Min } from 'class-validator';
import { AuditOptions, RelayOptions } from '../../relay/index.js';
import { BYTES, COUNT, DAY_MS, DAYS } from './limits.js';
import { RelayLimitSettings } from './relay-limits.settings.js';

const AUDIT = new AuditOptions();
const { tokensPerOrganization, endedTokensKeptMs, metricsTokenRequired } = new RelayOptions();
const SWITCH = { message: '$property must be true or false' };
const CHARACTERS = { message: '$property must be a number of characters, from 0 to 200' };
const FILE_BYTES = { message: '$property must be a number of bytes, 4096 or more' };

/** What a relay writes down of who did what, how many tokens it keeps, and who reads its metrics. */
export class RelayAuditSettings extends RelayLimitSettings {
  @IsIn(['all', 'changing', 'none'])
  auditCommands: 'all' | 'changing' | 'none' = AUDIT.commands;

  @IsBoolean(SWITCH)
  auditRequired: boolean = AUDIT.required;

  @IsInt(CHARACTERS)
  @Min(0, CHARACTERS)
  @Max(200, CHARACTERS)
  auditInputCharacters: number = AUDIT.inputCharacters;

  @IsInt(BYTES)
  @Min(4_096, FILE_BYTES)
  auditFileBytes: number = AUDIT.maxFileBytes;

  @IsInt(COUNT)
  @Min(1, COUNT)
  auditFiles: number = AUDIT.maxFiles;

  /** Days. */
  @IsInt(DAYS)
  @Min(1, DAYS)
  auditMaxAge: number = AUDIT.maxAgeMs / DAY_MS;

  @IsInt(COUNT)
  @Min(1, COUNT)
  tokensPerOrganization: number = tokensPerOrganization;

  /** Days. */
  @IsInt(DAYS)
  @Min(1, DAYS)
  endedTokensKept: number = endedTokensKeptMs / DAY_MS;

  @IsBoolean(SWITCH)
  metricsTokenRequired: boolean = metricsTokenRequired;
}

/** The options of a relay that these stand for. */
export function auditOptionsOf(settings: RelayAuditSettings) {
  return {
    audit: {
      commands: settings.auditCommands,
      required: settings.auditRequired,
      inputCharacters: settings.auditInputCharacters,
      maxFileBytes: settings.auditFileBytes,
      maxFiles: settings.auditFiles,
      maxAgeMs: settings.auditMaxAge * DAY_MS,
    },
    tokensPerOrganization: settings.tokensPerOrganization,
    endedTokensKeptMs: settings.endedTokensKept * DAY_MS,
    metricsTokenRequired: settings.metricsTokenRequired,
  };
}

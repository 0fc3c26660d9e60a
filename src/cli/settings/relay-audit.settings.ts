import { IsBoolean, IsIn } from 'class-validator';
import { Bytes, WholeNumber } from '../../config/index.js';
import { AuditOptions, RelayOptions } from '../../relay/index.js';
import { DAY_MS } from './limits.js';
import { RelayLimitSettings } from './relay-limits.settings.js';
import { Count, Days } from './numbers.decorator.js';

const AUDIT = new AuditOptions();
const { tokensPerOrganization, endedTokensKeptMs, metricsTokenRequired } = new RelayOptions();
const SWITCH = { message: '$property must be true or false' };

/** What a relay writes down of who did what, how many tokens it keeps, and who reads its metrics. */
export class RelayAuditSettings extends RelayLimitSettings {
  @IsIn(['all', 'changing', 'none'])
  auditCommands: 'all' | 'changing' | 'none' = AUDIT.commands;

  @IsBoolean(SWITCH)
  auditRequired: boolean = AUDIT.required;

  @WholeNumber({ min: 0, max: 200, what: 'a number of characters' })
  auditInputCharacters: number = AUDIT.inputCharacters;

  @Bytes({ min: 4_096 })
  auditFileBytes: number = AUDIT.maxFileBytes;

  @Count()
  auditFiles: number = AUDIT.maxFiles;

  /** Days. */
  @Days()
  auditMaxAge: number = AUDIT.maxAgeMs / DAY_MS;

  @Count()
  tokensPerOrganization: number = tokensPerOrganization;

  /** Days. */
  @Days()
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

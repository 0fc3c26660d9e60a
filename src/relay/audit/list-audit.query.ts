import { Type } from 'class-transformer';
import { IsIn, IsISO8601, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import { AUDIT_KINDS, type AuditKind } from '../../protocol/index.js';
import { DEFAULT_PAGE, MAX_PAGE } from '../environments/list-environments.query.js';

/** `GET /v1/audit` (docs/security.md). */
export class ListAuditQuery {
  /** Default: every organisation that the caller administers; for an operator also what is of none. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  organizationId?: string;

  /** Id or name of an environment. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  environment?: string;

  /** Id of a token. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  token?: string;

  @IsOptional()
  @IsIn(AUDIT_KINDS)
  kind?: AuditKind;

  /** ISO 8601: not before. */
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  /** ISO 8601: before. */
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;

  /** 1 to 1,000. Default 100. */
  @WholeNumber({ min: 1, max: MAX_PAGE })
  @Type(() => Number)
  limit: number = DEFAULT_PAGE;

  /** `next` of the page before. */
  @IsOptional()
  @IsString()
  before?: string;
}

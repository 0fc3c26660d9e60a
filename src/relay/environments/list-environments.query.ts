import { Type } from 'class-transformer';
import { IsIn, IsOptional, IsString } from 'class-validator';
import { WholeNumber } from '../../config/index.js';

/** Entries on one page. */
export const MAX_PAGE = 1_000;
export const DEFAULT_PAGE = 100;

/** `GET /v1/environments` (protocol section 4). */
export class ListEnvironmentsQuery {
  @IsOptional()
  @IsIn(['true', 'false'])
  onlineOnly?: 'true' | 'false';

  /** 1 to 1,000. Default 100. */
  @WholeNumber({ min: 1, max: MAX_PAGE })
  @Type(() => Number)
  limit: number = DEFAULT_PAGE;

  /** The `id` of the last environment of the page before. */
  @IsOptional()
  @IsString()
  after?: string;

  /** Leaves out environments whose metadata names another source. */
  @IsOptional()
  @IsString()
  source?: string;

  /** Leaves out environments whose metadata names another user. */
  @IsOptional()
  @IsString()
  userId?: string;
}

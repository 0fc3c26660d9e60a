import { Type } from 'class-transformer';
import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import { DEFAULT_PAGE, MAX_PAGE } from '../environments/list-environments.query.js';

/** `GET /v1/tokens` (protocol section 4). */
export class ListTokensQuery {
  /** Default: every organisation that the caller administers. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  organizationId?: string;

  /** 1 to 1,000. Default 100. */
  @WholeNumber({ min: 1, max: MAX_PAGE })
  @Type(() => Number)
  limit: number = DEFAULT_PAGE;

  /** The `id` of the last token of the page before. */
  @IsOptional()
  @IsString()
  after?: string;
}

import { Type } from 'class-transformer';
import { IsInt, Max, Min } from 'class-validator';
import { DEFAULT_PAGE, MAX_PAGE } from './list-environments.query.js';

/** `GET /v1/environments/{name}/runtimes` (protocol section 4). */
export class ListRuntimesQuery {
  /** 1 to 1,000. Default 100. */
  @IsInt()
  @Min(1)
  @Max(MAX_PAGE)
  @Type(() => Number)
  limit: number = DEFAULT_PAGE;
}

import { Type } from 'class-transformer';
import { WholeNumber } from '../../config/index.js';
import { DEFAULT_PAGE, MAX_PAGE } from './list-environments.query.js';

/** `GET /v1/environments/{name}/runtimes` (protocol section 4). */
export class ListRuntimesQuery {
  /** 1 to 1,000. Default 100. */
  @WholeNumber({ min: 1, max: MAX_PAGE })
  @Type(() => Number)
  limit: number = DEFAULT_PAGE;
}

import { IsOptional, IsString, MaxLength } from 'class-validator';

/** Characters of a cursor, and far beyond those that are given. */
const MAX_CURSOR_LENGTH = 256;

/** `GET /v1/environment-changes` (protocol section 4). */
export class EnvironmentChangesQuery {
  /** `cursor` of the answer before. */
  @IsOptional()
  @IsString()
  @MaxLength(MAX_CURSOR_LENGTH)
  since?: string;
}

import { IsNotEmpty, IsOptional, IsString, Matches, MaxLength } from 'class-validator';
import { MAX_NAME_LENGTH } from '../environments/register-environment.dto.js';

/** Ids are part of addresses, and people type them. */
const ORGANIZATION_ID = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** `POST /v1/organizations` (protocol section 4). */
export class CreateOrganizationDto {
  @IsString()
  @Matches(ORGANIZATION_ID, {
    message: '$property must be 1 to 63 lower-case letters, digits, - and _, the first a letter or a digit',
  })
  id!: string;

  /** Default: the id. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_NAME_LENGTH)
  name?: string;
}

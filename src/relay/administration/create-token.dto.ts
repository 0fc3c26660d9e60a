import {
  ArrayMaxSize,
  ArrayNotEmpty,
  IsArray,
  IsBoolean,
  IsIn,
  IsNotEmpty,
  IsOptional,
  IsString,
  MaxLength,
} from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import type { TokenRequest } from '../../protocol/index.js';
import { CLIENT_ACCESSES, TOKEN_ROLES, type ClientAccess, type TokenRole } from '../access/identity.js';
import { MAX_NAME_LENGTH } from '../environments/register-environment.dto.js';

/** Patterns of one token. */
const MAX_PATTERNS = 64;

/** `POST /v1/tokens` (protocol section 4). */
export class CreateTokenDto implements TokenRequest {
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_NAME_LENGTH)
  name!: string;

  @IsIn(TOKEN_ROLES)
  role!: TokenRole;

  /** Default: the caller's. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  organizationId?: string;

  /** Default: all. */
  @IsOptional()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayMaxSize(MAX_PATTERNS)
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  @MaxLength(MAX_NAME_LENGTH, { each: true })
  environments?: string[];

  /** Default: `steer`. */
  @IsOptional()
  @IsIn(CLIENT_ACCESSES)
  access?: ClientAccess;

  /** Default: false. */
  @IsOptional()
  @IsBoolean()
  mayApprove?: boolean;

  /** Epoch ms. Default: never. */
  @IsOptional()
  @WholeNumber({ min: 0 })
  expiresAt?: number;
}

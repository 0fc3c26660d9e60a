import { IsNotEmpty, IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import type { RegistrationRequest } from '../../protocol/index.js';

/** Characters of a name or id. */
export const MAX_NAME_LENGTH = 256;

/** `POST /v1/environments/register` (protocol section 1). Fields beyond these pass. */
export class RegisterEnvironmentDto implements RegistrationRequest {
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_NAME_LENGTH)
  deviceId!: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_NAME_LENGTH)
  listenerInstanceId?: string;

  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_NAME_LENGTH)
  connectionName!: string;

  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;
}

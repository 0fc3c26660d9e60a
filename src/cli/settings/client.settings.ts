import { IsBoolean, IsIn, IsOptional, IsString, IsUrl } from 'class-validator';
import { HTTP_URL, WANTS_HTTP_URL } from './limits.js';

/** Settings of every command that is a client. */
export class ClientSettings {
  @IsOptional()
  @IsUrl(HTTP_URL, { message: WANTS_HTTP_URL })
  server?: string;

  @IsOptional()
  @IsString()
  token?: string;

  @IsString()
  dataDir!: string;

  @IsOptional()
  @IsString()
  caFile?: string;
}

/** Settings of `twinlane attach`. */
export class AttachSettings extends ClientSettings {
  @IsOptional()
  @IsString()
  environment?: string;

  @IsOptional()
  @IsString()
  agentId?: string;

  @IsOptional()
  @IsString()
  conversation?: string;

  @IsIn(['ask', 'always', 'never'])
  approve: 'ask' | 'always' | 'never' = 'ask';
}

/** Settings of `twinlane environments`. */
export class EnvironmentsSettings extends ClientSettings {
  @IsBoolean({ message: '$property must be true or false' })
  json: boolean = false;
}

/** Settings of `twinlane doctor`. */
export class DoctorSettings extends EnvironmentsSettings {}

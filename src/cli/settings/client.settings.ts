import { IsArray, IsBoolean, IsIn, IsOptional, IsString, IsUrl, Matches } from 'class-validator';
import { Milliseconds } from '../../config/index.js';
import { DURATION } from './duration.js';
import { HTTP_URL, WANTS_HTTP_URL } from './limits.js';

/** Settings of every command that is a client. */
export class ClientSettings {
  @IsOptional()
  @IsUrl(HTTP_URL, { message: WANTS_HTTP_URL })
  server?: string;

  @IsOptional()
  @IsString()
  token?: string;

  @IsOptional()
  @IsString()
  tokenFile?: string;

  @IsOptional()
  @IsString()
  tokenCommand?: string;

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

  @IsBoolean({ message: '$property must be true or false' })
  watch: boolean = false;

  @IsIn(['ask', 'always', 'never'])
  approve: 'ask' | 'always' | 'never' = 'ask';

  /** How long a listener that is not there is waited for, in ms. */
  @Milliseconds({ min: 0 })
  waitMs: number = 45_000;
}

/** Settings of `twinlane environments`. */
export class EnvironmentsSettings extends ClientSettings {
  @IsBoolean({ message: '$property must be true or false' })
  json: boolean = false;
}

/** Settings of `twinlane organizations`. */
export class OrganizationsSettings extends EnvironmentsSettings {}

/** Settings of `twinlane nodes`. */
export class NodesSettings extends EnvironmentsSettings {}

/** Settings of `twinlane tokens`. */
export class TokensSettings extends EnvironmentsSettings {
  @IsIn(['device', 'client', 'admin'])
  role: 'device' | 'client' | 'admin' = 'client';

  @IsOptional()
  @IsArray()
  environments?: string[];

  @IsOptional()
  @IsIn(['watch', 'steer'])
  access?: 'watch' | 'steer';

  @IsOptional()
  @IsBoolean({ message: '$property must be true or false' })
  mayApprove?: boolean;

  @IsOptional()
  @Matches(DURATION, { message: '$property must be a duration like 30m, 12h or 90d' })
  expires?: string;

  @IsOptional()
  @IsString()
  organization?: string;
}

/** Settings of `twinlane audit`. */
export class AuditSettings extends EnvironmentsSettings {
  @IsBoolean({ message: '$property must be true or false' })
  follow: boolean = false;
}

/** Settings of `twinlane doctor`. */
export class DoctorSettings extends EnvironmentsSettings {
  @IsOptional()
  @IsString()
  probeName?: string;
}

import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { IsLogLevels } from './log-levels.decorator.js';
import { LinkSettings } from './link.settings.js';
import { Port } from './numbers.decorator.js';

/** Settings that relay and listener have both. */
export class RoleSettings extends LinkSettings {
  @IsString()
  dataDir!: string;

  @IsOptional()
  @Port()
  healthPort?: number;

  @IsString()
  @IsNotEmpty()
  healthHost: string = '127.0.0.1';

  @IsLogLevels()
  logLevel: string = 'info';
}

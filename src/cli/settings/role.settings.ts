import { IsInt, IsNotEmpty, IsOptional, IsString, Max, Min } from 'class-validator';
import { IsLogLevels } from './log-levels.decorator.js';
import { LAST_PORT, PORT } from './limits.js';
import { LinkSettings } from './link.settings.js';

/** Settings that relay and listener have both. */
export class RoleSettings extends LinkSettings {
  @IsString()
  dataDir!: string;

  @IsOptional()
  @IsInt(PORT)
  @Min(0, PORT)
  @Max(LAST_PORT, PORT)
  healthPort?: number;

  @IsString()
  @IsNotEmpty()
  healthHost: string = '127.0.0.1';

  @IsLogLevels()
  logLevel: string = 'info';
}

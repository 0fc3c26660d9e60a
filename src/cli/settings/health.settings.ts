import { IsInt, IsNotEmpty, IsOptional, IsString, Max, Min } from 'class-validator';
import { LAST_PORT, PORT } from './limits.js';

/** Settings of `twinlane health`: those of the role that it asks. */
export class HealthSettings {
  @IsString()
  @IsNotEmpty()
  host: string = '127.0.0.1';

  @IsInt(PORT)
  @Min(1, PORT)
  @Max(LAST_PORT, PORT)
  port: number = 7400;

  @IsOptional()
  @IsString()
  tlsCert?: string;

  @IsOptional()
  @IsInt(PORT)
  @Min(1, PORT)
  @Max(LAST_PORT, PORT)
  healthPort?: number;

  @IsString()
  @IsNotEmpty()
  healthHost: string = '127.0.0.1';
}

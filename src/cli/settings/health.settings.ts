import { IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { Port } from './numbers.decorator.js';

/** Settings of `twinlane health`: those of the role that it asks. */
export class HealthSettings {
  @IsString()
  @IsNotEmpty()
  host: string = '127.0.0.1';

  @Port({ min: 1 })
  port: number = 7400;

  @IsOptional()
  @IsString()
  tlsCert?: string;

  @IsOptional()
  @Port({ min: 1 })
  healthPort?: number;

  @IsString()
  @IsNotEmpty()
  healthHost: string = '127.0.0.1';
}

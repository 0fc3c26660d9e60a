import { IsNotEmpty, IsString, MaxLength } from 'class-validator';

/** Characters; more than all rooms together need. */
const LONGEST = 4_096;

/** `PUT /v1/log-levels`. */
export class SetLogLevelsDto {
  /** As `TWINLANE_LOG_LEVEL` has it: `info,relay/routing=debug`. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(LONGEST)
  levels!: string;
}

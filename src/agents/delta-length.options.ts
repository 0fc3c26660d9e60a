import { IsInt, Max, Min } from 'class-validator';

/** What the agents of the house are held to both. */
export class DeltaLengthOptions {
  /** UTF-16 units of text in one delta. Default: 16,384. */
  @IsInt()
  @Min(256)
  @Max(1_048_576)
  maxDeltaLength = 16_384;
}

import { WholeNumber } from '../config/index.js';

/** What the agents of the house are held to both. */
export class DeltaLengthOptions {
  /** UTF-16 units of text in one delta. Default: 16,384. */
  @WholeNumber({ min: 256, max: 1_048_576 })
  maxDeltaLength = 16_384;
}

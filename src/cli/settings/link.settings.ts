import { IsBoolean, IsNumber, Max, Min } from 'class-validator';
import { Bytes, SendWindowOptions } from '../../config/index.js';
import { MAX_WINDOW_GAIN, MIN_WINDOW_GAIN } from '../../channel/index.js';

const WINDOW = new SendWindowOptions();
const GAIN = { message: `$property must be a number from ${MIN_WINDOW_GAIN} to ${MAX_WINDOW_GAIN}` };

/** Settings of every role that sends over sockets between relay, listeners and clients. */
export class LinkSettings {
  @Bytes()
  windowMaxBytes: number = WINDOW.maxBytes;

  @Bytes()
  windowFloorBytes: number = WINDOW.floorBytes;

  @IsNumber({}, GAIN)
  @Min(MIN_WINDOW_GAIN, GAIN)
  @Max(MAX_WINDOW_GAIN, GAIN)
  windowGain: number = WINDOW.gain;

  @IsBoolean({ message: '$property must be true or false' })
  deflate: boolean = false;
}

/** What the modules of both roles take of them. */
export function linkOptionsOf({ windowMaxBytes, windowFloorBytes, windowGain, deflate }: LinkSettings) {
  return { window: { maxBytes: windowMaxBytes, floorBytes: windowFloorBytes, gain: windowGain }, deflate };
}

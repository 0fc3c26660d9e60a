import { IsArray, IsIn, IsInt, IsNotEmpty, IsOptional, IsString, IsUrl, Max, Min, MinLength } from 'class-validator';
import { MAX_FRAME_BYTES_RANGE as FRAME_RANGE } from '../../protocol/index.js';
import { HistoryOptions, IsAddressOrNetwork, MIN_TOKEN_LENGTH, RelayOptions } from '../../relay/index.js';
import { BYTES, COUNT, DAYS, HTTP_URL, LAST_PORT, LONGEST_TIMER_MS, MIB, PORT, WANTS_HTTP_URL } from './limits.js';
import { JwtSettings } from './jwt.settings.js';

const ORIGINS = { message: '$property must be origins like https://console.example.org, separated by commas' };

const { maxFrameBytes: DEFAULT_FRAME_BYTES, drainDelayMs: DEFAULT_DRAIN_DELAY_MS } = new RelayOptions();

const DELAY = { message: `$property must be a number of milliseconds, from 0 to ${LONGEST_TIMER_MS}` };
const FRAME_BYTES = { message: `$property must be a number of bytes from ${FRAME_RANGE.least} to ${FRAME_RANGE.most}` };

/** Settings of `twinlane relay`, and of the relay of `twinlane start`. */
export class RelaySettings extends JwtSettings {
  @IsString()
  @IsNotEmpty()
  host: string = '127.0.0.1';

  @IsInt(PORT)
  @Min(0, PORT)
  @Max(LAST_PORT, PORT)
  port: number = 7400;

  @IsOptional()
  @MinLength(MIN_TOKEN_LENGTH, { message: `$property must have at least ${MIN_TOKEN_LENGTH} characters` })
  token?: string;

  @IsOptional()
  @IsString()
  tokensFile?: string;

  @IsOptional()
  @IsString()
  tlsCert?: string;

  @IsOptional()
  @IsString()
  tlsKey?: string;

  @IsArray(ORIGINS)
  @IsUrl(HTTP_URL, { each: true, ...ORIGINS })
  allowedOrigins: string[] = [];

  @IsOptional()
  @IsUrl(HTTP_URL, { message: WANTS_HTTP_URL })
  publicUrl?: string;

  @IsArray()
  @IsAddressOrNetwork()
  trustedProxies: string[] = [];

  @IsIn(['on', 'off'])
  console: 'on' | 'off' = 'on';

  @IsIn(['split', 'mirror'])
  clientChannels: 'split' | 'mirror' = 'split';

  @IsIn(['disk', 'memory'])
  history: 'disk' | 'memory' = 'disk';

  /** Days. */
  @IsInt(DAYS)
  @Min(1, DAYS)
  historyMaxAge: number = 7;

  @IsInt(COUNT)
  @Min(1, COUNT)
  historyMaxEvents: number = 100_000;

  @IsInt(BYTES)
  @Min(1, BYTES)
  historyMaxRuntimeBytes: number = 64 * MIB;

  @IsInt(BYTES)
  @Min(1, BYTES)
  historyMaxBytes: number = 256 * MIB;

  @IsInt(BYTES)
  @Min(1, BYTES)
  historyMaxOrganizationBytes: number = new HistoryOptions().maxOrganizationBytes;

  @IsInt(FRAME_BYTES)
  @Min(FRAME_RANGE.least, FRAME_BYTES)
  @Max(FRAME_RANGE.most, FRAME_BYTES)
  maxFrameBytes: number = DEFAULT_FRAME_BYTES;

  @IsInt(DELAY)
  @Min(0, DELAY)
  @Max(LONGEST_TIMER_MS, DELAY)
  drainDelayMs: number = DEFAULT_DRAIN_DELAY_MS;
}

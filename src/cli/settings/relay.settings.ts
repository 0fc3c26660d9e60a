import { IsArray, IsIn, IsNotEmpty, IsOptional, IsString, IsUrl, MinLength } from 'class-validator';
import { Bytes, Milliseconds } from '../../config/index.js';
import { MAX_FRAME_BYTES_RANGE as FRAME_RANGE } from '../../protocol/index.js';
import { HistoryOptions, IsAddressOrNetwork, MIN_TOKEN_LENGTH, RelayOptions } from '../../relay/index.js';
import { HTTP_URL, MIB, WANTS_HTTP_URL } from './limits.js';
import { JwtSettings } from './jwt.settings.js';
import { Count, Days, Port } from './numbers.decorator.js';

const ORIGINS = { message: '$property must be origins like https://console.example.org, separated by commas' };

const DEFAULTS = new RelayOptions();

/** Settings of `twinlane relay`, and of the relay of `twinlane start`. */
export class RelaySettings extends JwtSettings {
  @IsString()
  @IsNotEmpty()
  host: string = '127.0.0.1';

  @Port()
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
  @Days()
  historyMaxAge: number = 7;

  @Count()
  historyMaxEvents: number = 100_000;

  @Bytes()
  historyMaxRuntimeBytes: number = 64 * MIB;

  @Bytes()
  historyMaxBytes: number = 256 * MIB;

  @Bytes()
  historyMaxOrganizationBytes: number = new HistoryOptions().maxOrganizationBytes;

  @Bytes({ min: FRAME_RANGE.least, max: FRAME_RANGE.most })
  maxFrameBytes: number = DEFAULTS.maxFrameBytes;

  @Milliseconds({ min: 0 })
  drainDelayMs: number = DEFAULTS.drainDelayMs;

  @Milliseconds({ min: 0 })
  drainGraceMs: number = DEFAULTS.drainGraceMs;
}

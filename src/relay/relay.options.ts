import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { Bytes, Milliseconds, SendWindowOptions, WholeNumber } from '../config/index.js';
import { DEFAULT_MAX_ANSWER_BYTES, DEFAULT_MAX_FRAME_BYTES, MAX_FRAME_BYTES_RANGE } from '../protocol/index.js';
import { IsAddressOrNetwork } from './access/address-or-network.decorator.js';
import { JwtOptions, type JwtModuleOptions } from './access/jwt.options.js';
import { LimitsOptions } from './access/limits.options.js';
import { AuditOptions } from './audit/audit.options.js';
import { EMBEDDED } from './engine/embedded.js';
import { IsEngine } from './engine/is-engine.decorator.js';
import { NatsOptions } from './engine/nats/connection/nats.options.js';
import { MIN_TOKEN_LENGTH } from './access/tokens-file.js';

/** As browsers write it: scheme, host and perhaps port. */
const ORIGIN = /^https?:\/\/[^/?#\s]+$/;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** What of each runtime's events the relay keeps for clients that resume. */
export class HistoryOptions {
  /** Where: in the relay's `dataDir` (when there is one), or in memory. Default `disk`. */
  @IsIn(['disk', 'memory'])
  store: 'disk' | 'memory' = 'disk';

  /** Events. Default 100,000. */
  @WholeNumber({ min: 1 })
  maxEventsPerRuntime: number = 100_000;

  /** Bytes. Default 64 MiB. */
  @WholeNumber({ min: 1 })
  maxBytesPerRuntime: number = 64 * 1024 * 1024;

  /** Age in ms; on disk only. Default: 7 days. */
  @WholeNumber({ min: 1 })
  maxAgeMs: number = 7 * DAY_MS;

  /** Bytes of one environment; beyond, the runtime that was silent longest makes room first. Default 256 MiB. */
  @Bytes()
  maxBytes: number = 256 * 1024 * 1024;

  /** Bytes of all environments of one organisation; on disk only. Beyond, the runtime that was silent longest makes room first. Default 16 GiB. */
  @Bytes()
  maxOrganizationBytes: number = 16 * 1024 * 1024 * 1024;
}

/**
 * How a relay behaves. Times in ms.
 *
 * @publicApi
 */
export class RelayOptions {
  /** Tokens that are accepted, of listeners and clients alike, at least 16 characters each. Default: none, nobody gets in. */
  @IsArray()
  @IsString({ each: true })
  @MinLength(MIN_TOKEN_LENGTH, { each: true })
  tokens: string[] = [];

  /** Whose JSON Web Tokens are accepted too. Default: nobody's. */
  @IsOptional()
  @ValidateNested()
  @Type(() => JwtOptions)
  jwt?: JwtOptions;

  /** Origins from which browsers may connect, as they stand in the `Origin` header. Default: none. */
  @IsArray()
  @Matches(ORIGIN, { each: true, message: '$property must be origins such as https://console.example, without a path' })
  allowedOrigins: string[] = [];

  /**
   * Addresses and networks (`10.0.0.0/8`) of proxies in front of this relay. Of requests from there, and only of those, the headers
   * `X-Forwarded-For`, `X-Forwarded-Proto`, `X-Forwarded-Host` and `X-Request-Id` count. Default: none.
   */
  @IsArray()
  @IsAddressOrNetwork()
  trustedProxies: string[] = [];

  /** Where listeners and clients reach this relay, when that is not what their requests say. A path is a prefix that a proxy takes off. */
  @IsOptional()
  @IsUrl({ require_tld: false, require_protocol: true, protocols: ['http', 'https'] })
  publicUrl?: string;

  /**
   * Whether `/metrics` wants a token of the operator of everybody: a proxy on this machine that adds no header to what it passes on cannot
   * be told from a program of this machine. Default: false, programs of this machine that ask directly need none.
   */
  @IsBoolean()
  metricsTokenRequired: boolean = false;

  /** Whether the relay serves its console, the page in a browser, at `/`. Default: true. */
  @IsBoolean()
  console: boolean = true;

  /** What a client's two sockets carry: each kind on its own, or everything on both (protocol section 4). Default `split`. */
  @IsIn(['split', 'mirror'])
  clientChannels: 'split' | 'mirror' = 'split';

  /**
   * Bytes of one message, on a socket or as a request's body, from 1 KiB to 256 MiB. Default 8 MiB. A larger one is refused without breaking the
   * link; one of more than twice as many closes its socket with 1009.
   */
  @Bytes({ min: MAX_FRAME_BYTES_RANGE.least, max: MAX_FRAME_BYTES_RANGE.most })
  maxFrameBytes: number = DEFAULT_MAX_FRAME_BYTES;

  /** Bytes of one answer that a device sends in chunks (protocol section 6); a larger one becomes an error. Default 64 MiB. */
  @Bytes()
  maxAnswerBytes: number = DEFAULT_MAX_ANSWER_BYTES;

  /** Bytes of commands that may wait for one device to read; beyond, its link is cut. Default 32 MiB. */
  @Bytes()
  deviceBufferBytes: number = 32 * 1024 * 1024;

  /** How much one socket of a resumable device, or of a client that acknowledges, may not have read yet. */
  @ValidateNested()
  @Type(() => SendWindowOptions)
  window: SendWindowOptions = new SendWindowOptions();

  /** What one token, or one client, may ask of this relay. */
  @ValidateNested()
  @Type(() => LimitsOptions)
  limits: LimitsOptions = new LimitsOptions();

  /**
   * Compresses messages of 1 KiB and more towards, and takes compressed ones from, peers that offer it (permessage-deflate). It
   * costs processor time (about 6 µs for each KiB), and 150 KiB of memory for each socket that has carried such a message. Default: false.
   */
  @IsBoolean()
  deflate: boolean = false;

  /** Every socket is asked for a sign of life this often. Default 30,000. */
  @Milliseconds({ min: 1 })
  probeMs: number = 30_000;

  /** Such probes without any sign of life after which a socket is cut. Default 3. */
  @WholeNumber({ min: 1 })
  maxUnansweredProbes: number = 3;

  /** An environment without a heartbeat for this long is offline (protocol section 2). Default 120,000. */
  @Milliseconds({ min: 1 })
  offlineAfterMs: number = 120_000;

  /** The second socket of a pair must open within this time. Default 10,000. */
  @Milliseconds({ min: 1 })
  helloDeadlineMs: number = 10_000;

  /** Whether an upgrade is let in must be known within this time. Default 5,000. */
  @Milliseconds({ min: 1 })
  admitTimeoutMs: number = 5_000;

  /**
   * At shutdown, how long the relay goes on as before with `/readyz` at 503, so that load balancers can notice, before it refuses and closes
   * sockets. Default 0.
   */
  @Milliseconds({ min: 0 })
  drainDelayMs: number = 0;

  /**
   * At shutdown, sockets that have not closed by themselves after this time are cut, and then requests likewise. Over NATS commands that are
   * under way have as much time before. Default 5,000.
   */
  @Milliseconds({ min: 0 })
  drainGraceMs: number = 5_000;

  /**
   * At shutdown, sockets closed in one go, so that not everybody comes back in the same instant; more where the grace
   * period asks for it. Default 100.
   */
  @WholeNumber({ min: 1 })
  drainBatch: number = 100;

  /** At shutdown, time between two such batches. Default 50. */
  @Milliseconds({ min: 0 })
  drainEveryMs: number = 50;

  /**
   * Directory of this relay's own: what it must know after a restart lies there. Only one relay may use it. Default: none, and
   * all of it ends with the process.
   */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  dataDir?: string;

  @ValidateNested()
  @Type(() => HistoryOptions)
  history: HistoryOptions = new HistoryOptions();

  /**
   * Tokens of one organisation that neither were revoked nor have expired; beyond, no more are made (TOO_MANY_TOKENS). Default 1,000.
   */
  @WholeNumber({ min: 1 })
  tokensPerOrganization: number = 1_000;

  /** A token that was revoked, or has expired, is forgotten after this time: it is unknown then. Default: 30 days. */
  @WholeNumber({ min: 0 })
  endedTokensKeptMs: number = 30 * DAY_MS;

  /** Who did what, written down. */
  @ValidateNested()
  @Type(() => AuditOptions)
  audit: AuditOptions = new AuditOptions();

  /**
   * `embedded`: this process is the whole relay. Or the addresses of NATS (`nats://host:4222`, several with commas between them), by which
   * relay nodes find each other and keep what all of them know. Default `embedded`.
   */
  @IsEngine()
  engine: string = EMBEDDED;

  /** What this node is called where there are many. Default: the name of this machine, and something random. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  nodeName?: string;

  /** How a node reaches NATS. */
  @ValidateNested()
  @Type(() => NatsOptions)
  nats: NatsOptions = new NatsOptions();

  /** The one organisation that all tokens of this relay belong to. Default `default`. */
  @IsString()
  @IsNotEmpty()
  organizationId: string = 'default';
}

/** What `RelayModule.forRoot` takes: every value that differs from its default. */
export type RelayModuleOptions = Partial<
  Omit<RelayOptions, 'audit' | 'history' | 'jwt' | 'limits' | 'nats' | 'window'>
> & {
  readonly audit?: Partial<AuditOptions>;
  readonly history?: Partial<HistoryOptions>;
  readonly jwt?: JwtModuleOptions;
  readonly limits?: Partial<LimitsOptions>;
  readonly nats?: Partial<NatsOptions>;
  readonly window?: Partial<SendWindowOptions>;
};

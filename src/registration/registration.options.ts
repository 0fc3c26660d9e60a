import { IsNotEmpty, IsObject, IsOptional, IsString, IsUrl } from 'class-validator';
import { Milliseconds } from '../config/index.js';

/** Options of `RegistrationModule`. Times in ms. */
export class RegistrationOptions {
  /** Base URL of the server, for instance `http://127.0.0.1:7400`. */
  @IsUrl(
    { require_tld: false, require_protocol: true, protocols: ['http', 'https'] },
    { message: '$property must be an http or https URL' },
  )
  server!: string;

  /** What the default `TOKEN_SOURCE` gives. */
  @IsOptional()
  @IsString()
  token?: string;

  /** Stable per data directory. */
  @IsString()
  @IsNotEmpty()
  deviceId!: string;

  /** Stable per workspace on the device. */
  @IsOptional()
  @IsString()
  listenerInstanceId?: string;

  /** What people call this environment. */
  @IsString()
  @IsNotEmpty()
  connectionName!: string;

  /** Added to what registration says of this listener. */
  @IsOptional()
  @IsObject()
  metadata?: Record<string, unknown>;

  /** One request ends within this time. Default: 15 s. */
  @Milliseconds({ min: 1 })
  requestDeadlineMs: number = 15_000;

  /** Least and most of the backoff between attempts (full jitter). Default: 1 s and 30 s. */
  @Milliseconds({ min: 1 })
  backoffMinMs: number = 1_000;

  @Milliseconds({ min: 1 })
  backoffMaxMs: number = 30_000;
}

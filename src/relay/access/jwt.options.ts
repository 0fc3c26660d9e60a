import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsIn,
  IsNotEmpty,
  IsOptional,
  IsString,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { Milliseconds } from '../../config/index.js';
import { isLoopback } from '../../protocol/index.js';

/** Asymmetric ones alone: whoever can check a token must not be able to make one. */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Whether keys that come from there are those of whoever it names: over TLS, or from this machine. */
export function isTrustworthyUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, username, password } = new URL(value);
  if (username !== '' || password !== '') return false;
  return protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname));
}

export const WANTS_TRUSTWORTHY_URL =
  '$property must be an https URL without user or password (http only on loopback), like https://id.example/.well-known/jwks.json';

/** Which claims of a JWT say what; each stands at the top of its payload. */
export class JwtClaimOptions {
  /** The id of an organisation that there is. Not looked at where `JwtOptions.organization` is set. Default `twinlane_organization`. */
  @IsString()
  @IsNotEmpty()
  organization: string = 'twinlane_organization';

  /** `device`, `client` or `admin`, or a list of texts with exactly one of them in it. Default `twinlane_role`. */
  @IsString()
  @IsNotEmpty()
  role: string = 'twinlane_role';

  /** Patterns of names of environments: a list, or one text. Default `twinlane_environments`. */
  @IsString()
  @IsNotEmpty()
  environments: string = 'twinlane_environments';

  /** `watch` or `steer`. Default `twinlane_access`. */
  @IsString()
  @IsNotEmpty()
  access: string = 'twinlane_access';

  /** Whether approvals may be answered: true or false. Default `twinlane_approve`. */
  @IsString()
  @IsNotEmpty()
  approve: string = 'twinlane_approve';

  /**
   * What people call the holder, for the audit log alone: of these the first that is a text which shows something. None of them need be there.
   * Default `name`, `preferred_username`, `email`, `sub`.
   */
  @IsArray()
  @IsString({ each: true })
  @IsNotEmpty({ each: true })
  names: string[] = ['name', 'preferred_username', 'email', 'sub'];
}

export const JWT_CLAIMS: Readonly<JwtClaimOptions> = new JwtClaimOptions();

/** The JSON Web Tokens of one identity provider. Times in ms. */
export class JwtOptions {
  /** What their claim `iss` is. */
  @IsString()
  @IsNotEmpty()
  issuer!: string;

  /** What their claim `aud` is, or holds: what the provider calls this relay. */
  @IsString()
  @IsNotEmpty()
  audience!: string;

  /** Where the provider shows its public keys: https, or http on loopback. No redirect is followed. */
  @ValidateBy(
    { name: 'isTrustworthyUrl', validator: { validate: isTrustworthyUrl } },
    { message: WANTS_TRUSTWORTHY_URL },
  )
  jwksUrl!: string;

  /** The organisation of them all; then no claim is asked for it. Default: none, the claim says which. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  organization?: string;

  @ValidateNested()
  @Type(() => JwtClaimOptions)
  claims: JwtClaimOptions = new JwtClaimOptions();

  /** How they may be signed. Default: every algorithm of `JWT_ALGORITHMS`. */
  @IsArray()
  @ArrayNotEmpty()
  @IsIn(JWT_ALGORITHMS, { each: true })
  algorithms: string[] = [...JWT_ALGORITHMS];

  /** How far the clocks of relay and provider may be apart; a token lives that much longer here. Default 5,000, at most 5 minutes. */
  @Milliseconds({ min: 0, max: 300_000 })
  clockToleranceMs: number = 5_000;

  /** Keys are asked for again after this time; until then they count also where the provider cannot be reached. Default 10 minutes. */
  @Milliseconds({ min: 1, max: DAY_MS })
  keysMaxAgeMs: number = 600_000;

  /** Because of a key that nobody knows, or after a failure, keys are asked for again no sooner than this. Default 30,000. */
  @Milliseconds({ min: 0, max: DAY_MS })
  keysCooldownMs: number = 30_000;

  /** The keys must be here within this time; less than `admitTimeoutMs` of the relay. Default 3,000. */
  @Milliseconds({ min: 1, max: 60_000 })
  keysTimeoutMs: number = 3_000;
}

/** What `RelayModuleOptions.jwt` takes: what has no default, and every value that differs from its default. */
export type JwtModuleOptions = Pick<JwtOptions, 'issuer' | 'audience' | 'jwksUrl'> &
  Partial<Omit<JwtOptions, 'claims'>> & { readonly claims?: Partial<JwtClaimOptions> };

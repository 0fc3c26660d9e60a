import { ArrayNotEmpty, IsIn, IsNotEmpty, IsOptional, IsString, ValidateBy } from 'class-validator';
import { Milliseconds } from '../../config/index.js';
import {
  isTrustworthyUrl,
  JWT_ALGORITHMS,
  JWT_CLAIMS,
  type JwtModuleOptions,
  JwtOptions,
  WANTS_TRUSTWORTHY_URL,
} from '../../relay/index.js';
import { usageError } from '../cli.error.js';
import { RelayEngineSettings } from './relay-engine.settings.js';

const ALGORITHMS = { message: `$property must be of ${JWT_ALGORITHMS.join(', ')}, separated by commas` };
const NAME_CLAIMS = { message: '$property must be names of claims, separated by commas' };
const MAX_TOLERANCE_MS = 300_000;

/** Whose JSON Web Tokens a relay accepts; each is the option of `JwtOptions` of the same name. */
export class JwtSettings extends RelayEngineSettings {
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  jwtIssuer?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  jwtAudience?: string;

  @IsOptional()
  @ValidateBy(
    { name: 'isTrustworthyUrl', validator: { validate: isTrustworthyUrl } },
    { message: WANTS_TRUSTWORTHY_URL },
  )
  jwtJwksUrl?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  jwtOrganization?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  jwtOrganizationClaim?: string;

  @IsString()
  @IsNotEmpty()
  jwtRoleClaim: string = JWT_CLAIMS.role;

  @IsString()
  @IsNotEmpty()
  jwtEnvironmentsClaim: string = JWT_CLAIMS.environments;

  @IsString()
  @IsNotEmpty()
  jwtAccessClaim: string = JWT_CLAIMS.access;

  @IsString()
  @IsNotEmpty()
  jwtApproveClaim: string = JWT_CLAIMS.approve;

  @ArrayNotEmpty(NAME_CLAIMS)
  @IsNotEmpty({ each: true, ...NAME_CLAIMS })
  jwtNameClaims: string[] = [...JWT_CLAIMS.names];

  @ArrayNotEmpty(ALGORITHMS)
  @IsIn(JWT_ALGORITHMS, { each: true, ...ALGORITHMS })
  jwtAlgorithms: string[] = [...JWT_ALGORITHMS];

  @Milliseconds({ min: 0, max: MAX_TOLERANCE_MS })
  jwtClockToleranceMs: number = new JwtOptions().clockToleranceMs;
}

/**
 * @returns undefined where no identity provider is set
 * @throws CliError when one is set by half, or what is set contradicts itself
 */
export function jwtOptionsOf(settings: JwtSettings): JwtModuleOptions | undefined {
  const { jwtIssuer: issuer, jwtAudience: audience, jwtJwksUrl: jwksUrl } = settings;
  const { jwtOrganization: organization, jwtOrganizationClaim: organizationClaim } = settings;
  const wanted = {
    'TWINLANE_JWT_ISSUER (--jwt-issuer)': issuer,
    'TWINLANE_JWT_AUDIENCE (--jwt-audience)': audience,
    'TWINLANE_JWT_JWKS_URL (--jwt-jwks-url)': jwksUrl,
  };
  const missing = Object.entries(wanted).flatMap(([name, value]) => (value === undefined ? [name] : []));
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) {
    if (missing.length === Object.keys(wanted).length && organization === undefined && organizationClaim === undefined)
      return undefined;
    throw usageError(`An identity provider is set by half: set ${missing.join(' and ')} too.`);
  }
  if (organization !== undefined && organizationClaim !== undefined)
    throw usageError(
      'TWINLANE_JWT_ORGANIZATION (--jwt-organization) is in place of a claim: leave TWINLANE_JWT_ORGANIZATION_CLAIM (--jwt-organization-claim) out, or that one.',
    );
  return {
    issuer,
    audience,
    jwksUrl,
    ...(organization === undefined ? {} : { organization }),
    claims: {
      organization: organizationClaim ?? JWT_CLAIMS.organization,
      role: settings.jwtRoleClaim,
      environments: settings.jwtEnvironmentsClaim,
      access: settings.jwtAccessClaim,
      approve: settings.jwtApproveClaim,
      names: settings.jwtNameClaims,
    },
    algorithms: settings.jwtAlgorithms,
    clockToleranceMs: settings.jwtClockToleranceMs,
  };
}

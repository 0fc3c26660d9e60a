import { IsInt, Min } from 'class-validator';
import { LimitsOptions } from '../../relay/index.js';
import { COUNT } from './limits.js';
import { RoleSettings } from './role.settings.js';

const LIMITS = new LimitsOptions();

/** What one token, one address or one client may ask of a relay; each is the option of `LimitsOptions` of the same name. */
export class RelayLimitSettings extends RoleSettings {
  @IsInt(COUNT)
  @Min(1, COUNT)
  listenerSocketsPerToken: number = LIMITS.listenerSocketsPerToken;

  @IsInt(COUNT)
  @Min(1, COUNT)
  clientSocketsPerToken: number = LIMITS.clientSocketsPerToken;

  @IsInt(COUNT)
  @Min(1, COUNT)
  listenerSocketsPerAddress: number = LIMITS.listenerSocketsPerAddress;

  @IsInt(COUNT)
  @Min(1, COUNT)
  clientSocketsPerAddress: number = LIMITS.clientSocketsPerAddress;

  @IsInt(COUNT)
  @Min(1, COUNT)
  upgradesPerSecond: number = LIMITS.upgradesPerSecond;

  @IsInt(COUNT)
  @Min(1, COUNT)
  upgradeBurst: number = LIMITS.upgradeBurst;

  @IsInt(COUNT)
  @Min(1, COUNT)
  addressUpgradesPerSecond: number = LIMITS.addressUpgradesPerSecond;

  @IsInt(COUNT)
  @Min(1, COUNT)
  addressUpgradeBurst: number = LIMITS.addressUpgradeBurst;

  @IsInt(COUNT)
  @Min(1, COUNT)
  registrationsPerSecond: number = LIMITS.registrationsPerSecond;

  @IsInt(COUNT)
  @Min(1, COUNT)
  registrationBurst: number = LIMITS.registrationBurst;

  @IsInt(COUNT)
  @Min(1, COUNT)
  addressRegistrationsPerSecond: number = LIMITS.addressRegistrationsPerSecond;

  @IsInt(COUNT)
  @Min(1, COUNT)
  addressRegistrationBurst: number = LIMITS.addressRegistrationBurst;

  @IsInt(COUNT)
  @Min(1, COUNT)
  addressRequestsPerSecond: number = LIMITS.addressRequestsPerSecond;

  @IsInt(COUNT)
  @Min(1, COUNT)
  addressRequestBurst: number = LIMITS.addressRequestBurst;

  @IsInt(COUNT)
  @Min(1, COUNT)
  auditPagesPerSecond: number = LIMITS.auditPagesPerSecond;

  @IsInt(COUNT)
  @Min(1, COUNT)
  auditPageBurst: number = LIMITS.auditPageBurst;

  @IsInt(COUNT)
  @Min(1, COUNT)
  commandsPerSecond: number = LIMITS.commandsPerSecond;

  @IsInt(COUNT)
  @Min(1, COUNT)
  commandBurst: number = LIMITS.commandBurst;

  @IsInt(COUNT)
  @Min(1, COUNT)
  tokenCommandsPerSecond: number = LIMITS.tokenCommandsPerSecond;

  @IsInt(COUNT)
  @Min(1, COUNT)
  tokenCommandBurst: number = LIMITS.tokenCommandBurst;

  @IsInt(COUNT)
  @Min(1, COUNT)
  addressCommandsPerSecond: number = LIMITS.addressCommandsPerSecond;

  @IsInt(COUNT)
  @Min(1, COUNT)
  addressCommandBurst: number = LIMITS.addressCommandBurst;

  @IsInt(COUNT)
  @Min(1, COUNT)
  framesPerSecond: number = LIMITS.framesPerSecond;

  @IsInt(COUNT)
  @Min(1, COUNT)
  frameBurst: number = LIMITS.frameBurst;

  @IsInt(COUNT)
  @Min(1, COUNT)
  unansweredPerClient: number = LIMITS.unansweredPerClient;
}

export type RelayLimitName = Exclude<keyof RelayLimitSettings, keyof RoleSettings>;

export const RELAY_LIMIT_NAMES = [
  'listenerSocketsPerToken',
  'clientSocketsPerToken',
  'listenerSocketsPerAddress',
  'clientSocketsPerAddress',
  'upgradesPerSecond',
  'upgradeBurst',
  'addressUpgradesPerSecond',
  'addressUpgradeBurst',
  'registrationsPerSecond',
  'registrationBurst',
  'addressRegistrationsPerSecond',
  'addressRegistrationBurst',
  'addressRequestsPerSecond',
  'addressRequestBurst',
  'auditPagesPerSecond',
  'auditPageBurst',
  'commandsPerSecond',
  'commandBurst',
  'tokenCommandsPerSecond',
  'tokenCommandBurst',
  'addressCommandsPerSecond',
  'addressCommandBurst',
  'framesPerSecond',
  'frameBurst',
  'unansweredPerClient',
] as const satisfies readonly (RelayLimitName & keyof LimitsOptions)[];

import { LimitsOptions } from '../../relay/index.js';
import { RoleSettings } from './role.settings.js';
import { Count } from './numbers.decorator.js';

const LIMITS = new LimitsOptions();

/** What one token, one address or one client may ask of a relay; each is the option of `LimitsOptions` of the same name. */
export class RelayLimitSettings extends RoleSettings {
  @Count()
  listenerSocketsPerToken: number = LIMITS.listenerSocketsPerToken;

  @Count()
  clientSocketsPerToken: number = LIMITS.clientSocketsPerToken;

  @Count()
  listenerSocketsPerAddress: number = LIMITS.listenerSocketsPerAddress;

  @Count()
  clientSocketsPerAddress: number = LIMITS.clientSocketsPerAddress;

  @Count()
  upgradesPerSecond: number = LIMITS.upgradesPerSecond;

  @Count()
  upgradeBurst: number = LIMITS.upgradeBurst;

  @Count()
  addressUpgradesPerSecond: number = LIMITS.addressUpgradesPerSecond;

  @Count()
  addressUpgradeBurst: number = LIMITS.addressUpgradeBurst;

  @Count()
  registrationsPerSecond: number = LIMITS.registrationsPerSecond;

  @Count()
  registrationBurst: number = LIMITS.registrationBurst;

  @Count()
  addressRegistrationsPerSecond: number = LIMITS.addressRegistrationsPerSecond;

  @Count()
  addressRegistrationBurst: number = LIMITS.addressRegistrationBurst;

  @Count()
  addressRequestsPerSecond: number = LIMITS.addressRequestsPerSecond;

  @Count()
  addressRequestBurst: number = LIMITS.addressRequestBurst;

  @Count()
  auditPagesPerSecond: number = LIMITS.auditPagesPerSecond;

  @Count()
  auditPageBurst: number = LIMITS.auditPageBurst;

  @Count()
  commandsPerSecond: number = LIMITS.commandsPerSecond;

  @Count()
  commandBurst: number = LIMITS.commandBurst;

  @Count()
  tokenCommandsPerSecond: number = LIMITS.tokenCommandsPerSecond;

  @Count()
  tokenCommandBurst: number = LIMITS.tokenCommandBurst;

  @Count()
  addressCommandsPerSecond: number = LIMITS.addressCommandsPerSecond;

  @Count()
  addressCommandBurst: number = LIMITS.addressCommandBurst;

  @Count()
  framesPerSecond: number = LIMITS.framesPerSecond;

  @Count()
  frameBurst: number = LIMITS.frameBurst;

  @Count()
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

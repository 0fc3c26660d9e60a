import { IsIn, IsOptional, IsString } from 'class-validator';
import { Milliseconds, WholeNumber } from '../../config/index.js';
import { EMBEDDED, IsEngine, NatsOptions, PARTITIONS, RelayOptions } from '../../relay/index.js';
import { usageError } from '../cli.error.js';
import { RelayAuditSettings } from './relay-audit.settings.js';
import { RELAY_ENGINE } from './relay-engine.settings.table.js';
import { envNameOf, propertyOf } from './setting.js';

const { engine } = new RelayOptions();
const NATS = new NatsOptions();

/** Whether a relay is one process or many, and how these reach NATS. */
export class RelayEngineSettings extends RelayAuditSettings {
  @IsEngine()
  engine: string = engine;

  @IsOptional()
  @IsString()
  nodeName?: string;

  @Milliseconds({ min: 100 })
  nodeTtlMs: number = NATS.nodeTtlMs;

  @Milliseconds({ min: 0 })
  homeWaitMs: number = NATS.homeWaitMs;

  @Milliseconds({ min: 0 })
  homeIdleMs: number = NATS.homeIdleMs;

  @Milliseconds({ min: 0 })
  natsWaitMs: number = NATS.firstConnectMs;

  @IsOptional()
  @IsString()
  natsCredentials?: string;

  @IsOptional()
  @IsString()
  natsCaFile?: string;

  @IsOptional()
  @IsString()
  natsCert?: string;

  @IsOptional()
  @IsString()
  natsKey?: string;

  @IsIn([1, 3, 5], { message: '$property must be 1, 3 or 5' })
  natsReplicas: 1 | 3 | 5 = NATS.replicas;

  @WholeNumber(PARTITIONS)
  natsPartitions: number = NATS.partitions;
}

/** The options of a relay that these stand for. @throws CliError when they contradict each other */
export function engineOptionsOf(all: RelayEngineSettings) {
  const { engine: wanted, nodeName, ...settings } = all;
  if (wanted === EMBEDDED) refuseNodes(all);
  const { nodeTtlMs, homeWaitMs, homeIdleMs, natsWaitMs, natsReplicas, natsPartitions } = settings;
  const { natsCredentials, natsCaFile, natsCert, natsKey } = settings;
  if ((natsCert === undefined) !== (natsKey === undefined))
    throw usageError('TWINLANE_NATS_CERT and TWINLANE_NATS_KEY belong together: set both, or none.');
  return {
    engine: wanted,
    ...(nodeName === undefined ? {} : { nodeName }),
    nats: {
      nodeTtlMs,
      homeWaitMs,
      homeIdleMs,
      firstConnectMs: natsWaitMs,
      replicas: natsReplicas,
      partitions: natsPartitions,
      ...(natsCredentials === undefined ? {} : { credentialsFile: natsCredentials }),
      ...(natsCaFile === undefined ? {} : { caFile: natsCaFile }),
      ...(natsCert === undefined ? {} : { certFile: natsCert }),
      ...(natsKey === undefined ? {} : { keyFile: natsKey }),
    },
  };
}

/** Who names a node means one of many: nodes that were each a relay of its own would be noticed late. @throws CliError */
function refuseNodes(settings: RelayEngineSettings): void {
  const given = new Map<string, unknown>(Object.entries(settings));
  const defaults = new Map<string, unknown>(Object.entries(new RelayEngineSettings()));
  const isChosen = (property: string): boolean => given.get(property) !== defaults.get(property);
  const useless = RELAY_ENGINE.filter((setting) => isChosen(propertyOf(setting)));
  if (useless.length === 0) return;
  const names = useless.map((setting) => `${envNameOf(setting)} (--${setting.name})`).join(', ');
  throw usageError(
    `For many nodes only, and this relay is one process: ${names}. Set TWINLANE_ENGINE=nats://… too, or leave out what is named here.`,
  );
}

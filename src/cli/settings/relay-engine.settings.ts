import { IsIn, IsNotEmpty, IsOptional, IsString } from 'class-validator';
import { Milliseconds } from '../../config/index.js';
import { NatsOptions, RelayOptions } from '../../relay/index.js';
import { RelayAuditSettings } from './relay-audit.settings.js';

const { engine } = new RelayOptions();
const NATS = new NatsOptions();

/** Whether a relay is one process or many, and how these reach NATS. */
export class RelayEngineSettings extends RelayAuditSettings {
  @IsString()
  @IsNotEmpty()
  engine: string = engine;

  @IsOptional()
  @IsString()
  nodeName?: string;

  @Milliseconds({ min: 100 })
  nodeTtlMs: number = NATS.nodeTtlMs;

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
}

/** The options of a relay that these stand for. */
export function engineOptionsOf({ engine: wanted, nodeName, nodeTtlMs, ...settings }: RelayEngineSettings) {
  const { natsCredentials, natsCaFile, natsCert, natsKey, natsReplicas: replicas } = settings;
  return {
    engine: wanted,
    ...(nodeName === undefined ? {} : { nodeName }),
    nats: {
      nodeTtlMs,
      replicas,
      ...(natsCredentials === undefined ? {} : { credentialsFile: natsCredentials }),
      ...(natsCaFile === undefined ? {} : { caFile: natsCaFile }),
      ...(natsCert === undefined ? {} : { certFile: natsCert }),
      ...(natsKey === undefined ? {} : { keyFile: natsKey }),
    },
  };
}

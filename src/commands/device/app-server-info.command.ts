import { readFileSync } from 'node:fs';
import { Inject } from '@nestjs/common';
import { PERMISSION_MODES } from '../../protocol/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../../transport/index.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';

/** The protocol that `app_server_info` speaks of (protocol section 3). */
const PROTOCOL_VERSION = 1;

export class AppServerInfoDto {}

/** Says what this device is and can do. */
@DeviceCommand('app_server_info', AppServerInfoDto)
export class AppServerInfoCommand implements DeviceCommandOf<AppServerInfoDto> {
  private readonly version = packageVersion();

  constructor(@Inject(LINK_MONITOR) private readonly links: LinkMonitor) {}

  handle(): object {
    return {
      backend: 'twinlane',
      twinlane_version: this.version,
      protocol_version: PROTOCOL_VERSION,
      supported_permission_modes: PERMISSION_MODES,
      capabilities: {
        runtime_start: true,
        agent_management: false,
        conversation_management: false,
        memory_management: false,
        launch_subagent: false,
        runtime_workspace_sandbox: false,
        runtime_external_tools_update: false,
        structured_outputs: false,
        split_channels: this.links.current.link?.kind === 'split',
      },
    };
  }
}

/** As many folders up from `src` as from `dist`. */
function packageVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

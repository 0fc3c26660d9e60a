import { DEFAULT_CHILD_ENV } from '../../permissions/index.js';
import { PERMISSION_MODES } from '../../protocol/index.js';
import { DEFAULT_DENY } from '../../workspace/index.js';
import { LISTENER, type Setting } from './setting.js';

/** What clients and agents may do on a device, and who is asked. */
export const PERMISSIONS: readonly Setting[] = [
  {
    name: 'mode',
    kind: 'text',
    value: `<${PERMISSION_MODES.join('|')}>`,
    help: 'what a person is asked before an agent does it, and what clients may do',
    default: 'standard',
    commands: LISTENER,
  },
  {
    name: 'deny',
    kind: 'list',
    value: '<patterns>',
    help: 'paths of the workspace that are neither read nor written nor listed, separated by commas; * stands for characters of a name, ! in front makes an exception, `default` stands for the default, `none` for nothing',
    default: DEFAULT_DENY.join(','),
    commands: LISTENER,
  },
  {
    name: 'child-env',
    kind: 'list',
    value: '<names>',
    help: 'environment variables that processes of agents and terminals are given, separated by commas; * stands for characters, `default` for the default, `none` for nothing; never TWINLANE_TOKEN',
    default: DEFAULT_CHILD_ENV.join(','),
    commands: LISTENER,
  },
  {
    name: 'approval-timeout-ms',
    kind: 'integer',
    value: '<ms>',
    help: 'how long a question waits for an answer before it counts as denied',
    default: 'none, it waits',
    commands: LISTENER,
  },
];

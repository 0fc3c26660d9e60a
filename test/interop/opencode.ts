import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const OPENCODE = fileURLToPath(new URL('node_modules/opencode-linux-x64-baseline/bin/opencode', import.meta.url));
/** Where this build of opencode runs; elsewhere npm leaves it out. */
export const OPENCODE_RUNS_HERE = process.platform === 'linux' && process.arch === 'x64';
const VERSION = '1.18.33';
const PLUGIN = '@opencode-ai/plugin';

/** How a listener starts opencode so that it keeps to itself. */
export interface OpencodeStart {
  /** For `--agent-command`. */
  readonly command: string;
  /** All that it is to find in its environment, beside `PATH`. */
  readonly env: Readonly<Record<string, string>>;
}

const DISABLED = [
  'MODELS_FETCH',
  'AUTOUPDATE',
  'LSP_DOWNLOAD',
  'DEFAULT_PLUGINS',
  'PROJECT_CONFIG',
  'CLAUDE_CODE',
  'EXTERNAL_SKILLS',
  'SHARE',
];

/**
 * Lays out folders in which opencode runs offline, with the model at `modelUrl` as its only one.
 *
 * @param root an empty folder on a disk that may hold programs
 */
export async function prepareOpencode(root: string, modelUrl: string): Promise<OpencodeStart> {
  const folder = async (name: string): Promise<string> => {
    const made = path.join(root, name);
    await mkdir(made, { recursive: true });
    return made;
  };
  const settings = await folder('config/opencode');
  // It would install this package in the background otherwise, with all of a processor.
  await mkdir(path.join(settings, 'node_modules'));
  const dependencies = { [PLUGIN]: VERSION };
  await writeFile(path.join(settings, 'package.json'), JSON.stringify({ dependencies }));
  const lock = { lockfileVersion: 3, packages: { '': { dependencies } } };
  await writeFile(path.join(settings, 'package-lock.json'), JSON.stringify(lock));
  return {
    command: `"${OPENCODE}" acp --pure`,
    env: {
      HOME: await folder('home'),
      TMPDIR: await folder('tmp'),
      XDG_DATA_HOME: await folder('data'),
      XDG_CONFIG_HOME: path.dirname(settings),
      XDG_STATE_HOME: await folder('state'),
      XDG_CACHE_HOME: await folder('cache'),
      npm_config_offline: 'true',
      // It opens an HTTP interface on loopback that anybody could use otherwise.
      OPENCODE_SERVER_PASSWORD: randomUUID(),
      OPENCODE_CONFIG_CONTENT: JSON.stringify(configuration(modelUrl)),
      ...Object.fromEntries(DISABLED.map((name) => [`OPENCODE_DISABLE_${name}`, '1'])),
    },
  };
}

function configuration(baseURL: string): object {
  const models = { fake: { name: 'fake', tool_call: true, reasoning: true } };
  return {
    provider: {
      fake: { npm: '@ai-sdk/openai-compatible', name: 'fake', options: { baseURL, apiKey: 'none' }, models },
    },
    model: 'fake/fake',
    small_model: 'fake/fake',
    enabled_providers: ['fake'],
    permission: { bash: 'ask', edit: 'ask', webfetch: 'deny', websearch: 'deny' },
    autoupdate: false,
    snapshot: false,
    lsp: false,
    formatter: false,
    share: 'disabled',
  };
}

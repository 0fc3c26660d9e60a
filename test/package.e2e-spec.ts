import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryDirectory } from './kit/cli.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** npm fetches what its cache does not hold. */
const INSTALL_MS = 300_000;
const TOKEN = 'a-token-of-sixteen-or-more';

const APPLICATION = `
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { installRelay, LINK_MONITOR, type LinkMonitor, RelayModule } from 'twinlane';
import { TwinlaneClient } from 'twinlane/client';
import { CLOSE_CODES } from 'twinlane/protocol';
import { WebSocket } from 'ws';
import { TeamModule } from './team.module.js';

const token = '${TOKEN}';
const relay = await NestFactory.create<NestExpressApplication>(RelayModule.forRoot({ tokens: [token] }), { logger: false });
installRelay(relay);
await relay.listen(0, '127.0.0.1');
const server = await relay.getUrl();
const team = TeamModule.forRoot({ server, token, deviceId: 'device-1', connectionName: 'team' });
const listener = await NestFactory.createApplicationContext(team, { logger: false });
for await (const { phase } of listener.get<LinkMonitor>(LINK_MONITOR, { strict: false }).states()) if (phase === 'ready') break;
const client = new TwinlaneClient({ server, token, WebSocket });
const [environment] = await client.environments({ onlineOnly: true });
if (!environment) throw new Error('no environment');
const attachment = await client.attach(environment);
const { greeting } = await attachment.command<string>('greet', { name: 'Ada' }) as { greeting?: string };
console.log(greeting, CLOSE_CODES.RESTART.code);
attachment.close();
await listener.close();
await relay.close();
`;

const TSCONFIG = {
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023', 'DOM'],
    module: 'nodenext',
    moduleResolution: 'nodenext',
    strict: true,
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [path.join(ROOT, 'node_modules/@types')],
    outDir: 'out',
  },
};

let folder: string;
let remove: () => Promise<void>;

/** Runs a program in the folder, as somebody would who has nothing of ours but the package. */
function run(program: string, args: readonly string[], cwd = folder): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(program, args, { cwd, env: { ...process.env, NODE_ENV: '' } });
}

beforeAll(async () => {
  const directory = await temporaryDirectory();
  folder = directory.path;
  remove = () => directory.remove();
  await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], ROOT);
  const tarball = (await readdir(folder)).find((name) => name.endsWith('.tgz')) ?? '';
  await writeFile(path.join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--silent', `./${tarball}`]);
}, INSTALL_MS);
afterAll(() => remove());

describe('the package, installed into an empty folder', () => {
  it('holds what a user needs and nothing else', async () => {
    const installed = path.join(folder, 'node_modules', 'twinlane');
    const files = (await readdir(installed, { recursive: true })).map((file) => file.replaceAll('\\', '/'));
    expect(files).toEqual(
      expect.arrayContaining(['bin/twinlane.js', 'dist/index.d.ts', 'README.md', 'LICENSE', 'docs/extending.md']),
    );
    expect(files.filter((file) => /(\.spec\.|\.map$|tsbuildinfo|^src|^test)/.test(file))).toEqual([]);
    const { exports } = JSON.parse(await readFile(path.join(installed, 'package.json'), 'utf8')) as {
      exports: Record<string, string | { types: string; default: string }>;
    };
    for (const target of Object.values(exports).flatMap((entry) =>
      typeof entry === 'string' ? [entry] : Object.values(entry),
    ))
      expect(files).toContain(target.replace('./', ''));
  });

  it('npx twinlane relay starts, answers and stops', async () => {
    const version = await run('npx', ['--no-install', 'twinlane', '--version']);
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+/);
    const bin = path.join(folder, 'node_modules', '.bin', 'twinlane');
    const relay = spawn(bin, ['relay', '--port', '0', '--data-dir', folder, '--log-level', 'silent'], { cwd: folder });
    const ended = once(relay, 'close');
    let out = '';
    for await (const part of relay.stdout) {
      out += String(part);
      if (out.includes('Ctrl-C stops')) break;
    }
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(out) ?? [];
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    relay.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  });

  it('an application that imports twinlane compiles and runs', async () => {
    await cp(path.join(ROOT, 'docs', 'examples'), folder, { recursive: true });
    await cp(path.join(ROOT, 'node_modules/@types/ws'), path.join(folder, 'node_modules/@types/ws'), {
      recursive: true,
    });
    await writeFile(path.join(folder, 'main.ts'), APPLICATION);
    await writeFile(path.join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG));
    const compiled = await run(process.execPath, [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.']).catch(
      (error: { stdout: string }) => error,
    );
    expect(compiled.stdout).toBe('');
    expect((await run(process.execPath, ['out/main.js'])).stdout).toBe('Hello, Ada 1012\n');
  });
});

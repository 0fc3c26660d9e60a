import { NestFactory } from '@nestjs/core';
import { realpath } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { listenerInstanceId, ListenerModule } from '../../listener/index.js';
import { type HealthPart, Metrics } from '../../observability/index.js';
import { DEFAULT_CHILD_ENV } from '../../permissions/index.js';
import { errorBody } from '../../protocol/index.js';
import { HTTP_FETCH, TOKEN_SOURCE, type TokenSource } from '../../registration/index.js';
import { LinkSupervisor, type LinkState, SOCKET_DIALER, type StopCause, wsDialer } from '../../transport/index.js';
import { DEFAULT_DENY } from '../../workspace/index.js';
import { usageError } from '../cli.error.js';
import { DataDirectory } from '../data-dir/data-directory.js';
import { ownFolder } from '../data-dir/own-folder.js';
import { EXIT } from '../exit-codes.js';
import type { RelayAccess } from '../find-relay.js';
import type { Outbound } from '../outbound/outbound.js';
import { listed } from '../settings/listed.js';
import { DAY_MS } from '../settings/limits.js';
import { linkOptionsOf } from '../settings/link.settings.js';
import type { ListenSettings } from '../settings/listen.settings.js';
import { visibleLine } from '../text.js';
import { version } from '../version.js';
import { acpOptions } from './acp-options.js';
import { processLog } from './process-log.js';
import type { RunningRole } from './serve-health.js';

export interface RunningListener extends RunningRole {
  readonly name: string;
  /** Real path. */
  readonly workspace: string;
  /** Resolves when the link is ready for the first time; with false when it will never be. */
  readonly ready: Promise<boolean>;
  /** Resolves when the listener gave up, with why. Never after `close`. */
  readonly stopped: Promise<{ readonly reason: string; readonly exitCode: number }>;
  /** Finishes or aborts turns, tells the server, and leaves; once, however often it is called. */
  close(): Promise<void>;
}

const EXIT_OF: Readonly<Record<StopCause, number>> = {
  superseded: EXIT.OK,
  // Nor does a supervisor that restarts what failed take it back.
  released: EXIT.OK,
  deleted: EXIT.OK,
  'token-refused': EXIT.TOKEN_REFUSED,
  refused: EXIT.FAILED,
};

/** Runs the device role in this process. @throws CliError when the workspace does not exist */
export async function runListener(
  settings: ListenSettings,
  access: RelayAccess,
  { fetch, routeTo }: Outbound,
  cwd: string,
): Promise<RunningListener> {
  const workspace = await realWorkspace(settings.workspace ?? cwd);
  const name = settings.name ?? (path.basename(workspace) || hostname());
  const deviceId = await new DataDirectory(settings.dataDir).deviceId();
  const folder = await ownFolder(
    settings.dataDir,
    ['listeners', listenerInstanceId(deviceId, name, workspace)],
    (pid) =>
      `A listener named ${visibleLine(name)} is already listening${pid} for ${visibleLine(workspace)}. Stop it, or choose another --name or --workspace.`,
  );
  const { mode, agent, typeMap, shutdownGraceMs, logLevel, journal, journalMaxBytes, journalMaxAge } = settings;
  const { approvalTimeoutMs } = settings;
  const module = ListenerModule.forRoot({
    server: access.server,
    connectionName: name,
    deviceId,
    workspace,
    dataDir: folder.path,
    mode,
    deny: listed(settings.deny, DEFAULT_DENY),
    permissions: { childEnv: listed(settings.childEnv, DEFAULT_CHILD_ENV) },
    conversations: approvalTimeoutMs === undefined ? {} : { approvalTimeoutMs },
    agent,
    acp: acpOptions(settings),
    terminal: {
      maxPerClient: settings.terminalsPerClient,
      graceMs: settings.terminalGraceMs,
      unreadBytes: settings.terminalUnreadBytes,
    },
    shutdownGraceMs,
    registration: { metadata: { listenerVersion: version() } },
    transport: linkOptionsOf(settings),
    emitter: {
      ...(typeMap === undefined ? {} : { typeMapFile: path.resolve(cwd, typeMap) }),
      journal: {
        store: journal,
        maxBytes: journalMaxBytes,
        maxAgeMs: journalMaxAge * DAY_MS,
      },
    },
    extend: {
      registration: {
        providers: [
          { provide: HTTP_FETCH, useValue: fetch },
          { provide: TOKEN_SOURCE, useValue: tokensOf(access) },
        ],
      },
      transport: { providers: [{ provide: SOCKET_DIALER, useValue: wsDialer(routeTo) }] },
    },
  });
  const { logger } = processLog(logLevel);
  const app = await folder.keepIf(NestFactory.createApplicationContext(module, { logger, abortOnError: false }));
  const link = app.get(LinkSupervisor);
  let closing: Promise<void> | undefined;
  return {
    name,
    workspace,
    ready: phase(link, ['ready', 'stopped']).then((state) => state.phase === 'ready'),
    health: healthOf(link, app.get(Metrics, { strict: false })),
    stopped: new Promise((resolve) => {
      void phase(link, ['stopped']).then(({ reason = 'The listener stopped.' }) => {
        if (!closing)
          resolve({ reason, exitCode: link.stopCause === undefined ? EXIT.FAILED : EXIT_OF[link.stopCause] });
      });
    }),
    close: () => (closing ??= app.close().finally(() => folder.release())),
  };
}

/** The link asks anew after each refusal, and before a token expires; what was had to start with has not been shown yet. */
function tokensOf(access: RelayAccess): TokenSource {
  let isFirst = true;
  return {
    resolve: () => {
      const first = isFirst;
      isFirst = false;
      return first ? access.token() : access.freshToken();
    },
  };
}

function healthOf(link: LinkSupervisor, metrics: Metrics): HealthPart {
  return {
    refusal: async () => {
      const { phase, reason } = link.current;
      if (phase === 'ready') return undefined;
      const why = `The link to the relay is ${phase}${reason === undefined ? '.' : `: ${reason}`}`;
      return errorBody(phase === 'draining' || phase === 'stopped' ? 'DRAINING' : 'NOT_READY', why);
    },
    metrics: () => metrics.text(),
  };
}

async function phase(link: LinkSupervisor, wanted: readonly LinkState['phase'][]): Promise<LinkState> {
  for await (const state of link.states()) if (wanted.includes(state.phase)) return state;
  return link.current;
}

async function realWorkspace(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (cause) {
    throw usageError(
      `The workspace ${directory} does not exist; correct --workspace or TWINLANE_WORKSPACE. (${String(cause)})`,
    );
  }
}

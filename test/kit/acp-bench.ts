import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Logger } from '@nestjs/common';
import { vi } from 'vitest';
import { AcpAgent } from '../../src/agents/acp/acp.agent.js';
import { AcpOptions } from '../../src/agents/acp/acp.options.js';
import type { TurnEnd } from '../../src/agents/index.js';
import { Permissions, PermissionsOptions } from '../../src/permissions/index.js';
import { type Clock, SYSTEM_CLOCK } from '../../src/protocol/index.js';
import { Workspace } from '../../src/workspace/index.js';
import { FakeTurn, type FakeTurnOptions } from './fake-turn.js';

const SCRIPT = fileURLToPath(new URL('scripted-acp-agent.mjs', import.meta.url));
/** Starts the scripted agent. */
export const COMMAND = `"${process.execPath}" "${SCRIPT}"`;
/** What the scripted agent reads of its environment. */
const VARIABLES = [
  'SCRIPTED_SESSIONS',
  'SCRIPTED_REOPENS',
  'SCRIPTED_START',
  'SCRIPTED_SESSION_ERROR',
  'SCRIPTED_PAUSE_MS',
  'SCRIPTED_LOGIN',
  'SCRIPTED_MODES',
];

/** A workspace in a folder of its own, and scripted agents in it, without a conversation around them. */
export class AcpBench {
  /** What was logged. */
  readonly log: string[] = [];
  private readonly agents: AcpAgent[] = [];

  private constructor(
    readonly folder: string,
    /** The workspace, in the folder. */
    readonly cwd: string,
  ) {}

  static async open(): Promise<AcpBench> {
    const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'twinlane-acp-')));
    const cwd = path.join(folder, 'workspace');
    await mkdir(cwd);
    const bench = new AcpBench(folder, cwd);
    for (const level of ['log', 'warn', 'error'] as const)
      vi.spyOn(Logger.prototype, level).mockImplementation((line: unknown) => void bench.log.push(String(line)));
    return bench;
  }

  start(
    options: Partial<AcpOptions> = {},
    env: Readonly<Record<string, string>> = {},
    clock: Clock = SYSTEM_CLOCK,
  ): AcpAgent {
    Object.assign(process.env, env);
    const all = Object.assign(
      new AcpOptions(),
      { command: COMMAND, env: VARIABLES, stopGraceMs: 500, restartMinMs: 1, restartMaxMs: 10 },
      options,
    );
    const agent = new AcpAgent(all, new Workspace(this.cwd), new Permissions(new PermissionsOptions()), clock);
    this.agents.push(agent);
    return agent;
  }

  async run(agent: AcpAgent, text: string, options: FakeTurnOptions = {}): Promise<{ turn: FakeTurn; end: TurnEnd }> {
    const turn = new FakeTurn(text, this.cwd, options);
    return { turn, end: await agent.start(turn) };
  }

  async close(): Promise<void> {
    for (const agent of this.agents) await agent.onApplicationShutdown();
    for (const name of VARIABLES) delete process.env[name];
    vi.restoreAllMocks();
    await rm(this.folder, { recursive: true, force: true });
  }
}

import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { AgentProvider } from '../../src/agents/index.js';
import type { Agent, AgentTurn, TurnEnd } from '../../src/agents/index.js';
import { ListenerModule, type ListenerModuleOptions } from '../../src/listener/index.js';
import { LINK_MONITOR, type LinkMonitor } from '../../src/transport/index.js';
import { SILENT } from '../kit/silent-logger.js';

/** What a turn of the counting agent says, in order. */
export const COUNTED = ['1', '2', '3', '4', '5'];

/** Says the same in every turn, whatever it was asked: nothing that a fuzzer makes up is run. */
@AgentProvider('counting')
class CountingAgent implements Agent {
  async start(turn: AgentTurn): Promise<TurnEnd> {
    for (const content of COUNTED) turn.emit({ message_type: 'assistant_message', id: 'counted', content });
    return { stopReason: 'end_turn' };
  }
}

/** A whole listener in a folder of its own, whose terminals only repeat what is typed. */
export class FuzzListener {
  private constructor(
    private readonly app: INestApplicationContext,
    private readonly workspace: string,
  ) {}

  /** @param deadlines what is not as usual, in ms */
  static async start(
    options: Pick<ListenerModuleOptions, 'server' | 'token' | 'deviceId'>,
    { requestDeadlineMs, upgradeDeadlineMs }: { requestDeadlineMs?: number; upgradeDeadlineMs?: number } = {},
  ): Promise<FuzzListener> {
    const workspace = await realpath(await mkdtemp(path.join(tmpdir(), 'twinlane-fuzz-')));
    await writeFile(path.join(workspace, 'README.md'), '# Project\n');
    const listener = ListenerModule.forRoot({
      connectionName: 'fuzzed',
      workspace,
      mode: 'unrestricted',
      agent: 'counting',
      terminal: { shell: '/bin/cat', killGraceMs: 0 },
      registration: {
        backoffMinMs: 1,
        backoffMaxMs: 5,
        ...(requestDeadlineMs === undefined ? {} : { requestDeadlineMs }),
      },
      transport: {
        backoffMinMs: 1,
        backoffMaxMs: 5,
        drainGraceMs: 100,
        ...(upgradeDeadlineMs === undefined ? {} : { upgradeDeadlineMs }),
      },
      shutdownGraceMs: 100,
      ...options,
      extend: { listener: { providers: [CountingAgent] } },
    });
    const app = await Test.createTestingModule({ imports: [listener] })
      .setLogger(SILENT)
      .compile();
    await app.init();
    return new FuzzListener(app, workspace);
  }

  get monitor(): LinkMonitor {
    return this.app.get<LinkMonitor>(LINK_MONITOR, { strict: false });
  }

  /** Resolves when the link is ready, with `undefined`, or has stopped for good, with the reason. */
  async settled(): Promise<string | undefined> {
    for await (const { phase, reason } of this.monitor.states()) {
      if (phase === 'ready') return undefined;
      if (phase === 'stopped') return reason ?? '';
    }
    return 'the states ended';
  }

  async close(): Promise<void> {
    await this.app.close();
    await rm(this.workspace, { recursive: true, force: true });
  }
}

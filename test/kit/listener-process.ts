import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ListenerModuleOptions } from '../../src/listener/index.js';

const SCRIPT = fileURLToPath(new URL('listener-process.mjs', import.meta.url));

/** Where a listener kills itself: an input is committed and not answered, or about to start, or it has been noted as started. */
export type Death = 'accepted' | 'starting' | 'started';

/** A built listener in a process of its own, with an agent that takes `say X`, `hang` and `ask X`. */
export class ListenerProcess {
  /** Resolves when its process has ended. */
  readonly ended: Promise<unknown>;

  private constructor(
    private readonly child: ChildProcess,
    /** What its agent was started with, in order. */
    readonly ran: string[],
  ) {
    this.ended = once(child, 'close');
  }

  /** Resolves when its link is ready. */
  static async start(options: ListenerModuleOptions, dieAt?: Death): Promise<ListenerProcess> {
    const child = fork(SCRIPT, [JSON.stringify({ options, dieAt })], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const ran: string[] = [];
    const listener = new ListenerProcess(child, ran);
    const ready = new Promise<boolean>((resolve) => {
      child.on('message', (message: { readonly ran?: string; readonly ready?: true }) => {
        if (message.ran !== undefined) ran.push(message.ran);
        if (message.ready) resolve(true);
      });
    });
    if (await Promise.race([ready, listener.ended.then(() => false)])) return listener;
    throw new Error('the listener ended before its link was ready');
  }

  /** Has a turn that hangs say 50 texts more; resolves when they are in the journal. */
  async speak(): Promise<void> {
    const spoke = new Promise<void>((resolve) => {
      this.child.on('message', (message: { readonly spoke?: true }) => message.spoke && resolve());
    });
    this.child.send('speak');
    await spoke;
  }

  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    this.child.kill(signal);
    await this.ended;
  }
}

import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Runtime } from 'twinlane/protocol';
import { Child } from './child.js';
import { cutJournalTail } from './cut-journal-tail.js';
import type { FromListener, ListenerSettings } from './listener-messages.js';
import { readWitness, type Witnessed } from './witness.js';

const LISTENER = fileURLToPath(new URL('./listener-program.js', import.meta.url));

export interface DeviceOptions {
  readonly index: number;
  readonly server: string;
  readonly token: string;
  /** Folder of its own. */
  readonly folder: string;
  readonly runtimes: number;
  readonly perSecond: number;
  readonly plain: boolean;
  /** Whether the bug `tail` is planted. */
  readonly losesTail: boolean;
}

/** A machine with a listener, which is killed and started again on the same data. */
export class Device {
  readonly id: string;
  readonly runtimes: readonly Runtime[];
  /** Kinds of links it had. */
  readonly links = new Set<string>();
  /** Why its link was given up, where it was. */
  stopped: string | undefined;
  private processes = 0;
  private child: Child | undefined;
  private readonly heard = new Set<FromListener['what']>();
  private waiting: (() => void)[] = [];

  constructor(private readonly options: DeviceOptions) {
    this.id = `device-${options.index}`;
    this.runtimes = Array.from({ length: options.runtimes }, (_, index) => ({
      agent_id: 'agent-chaos',
      conversation_id: `conv-${index}`,
    }));
    for (const folder of [this.workspace, this.dataDir]) mkdirSync(folder, { recursive: true });
  }

  get isRunning(): boolean {
    return this.child?.isRunning ?? false;
  }

  /** Index of the process that runs now, or ran last. */
  get process(): number {
    return this.processes - 1;
  }

  get witness(): Witnessed[] {
    return existsSync(this.witnessFile) ? readWitness(this.witnessFile) : [];
  }

  /** Starts its listener; the first one emits when told to `begin`. */
  start(): void {
    const { server, token, folder, perSecond, plain } = this.options;
    const process = this.processes++;
    const settings: ListenerSettings = {
      server,
      token,
      deviceId: this.id,
      process,
      workspace: this.workspace,
      dataDir: this.dataDir,
      witness: this.witnessFile,
      runtimes: this.runtimes,
      perSecond,
      plain,
      beginsAtOnce: process > 0,
    };
    this.heard.clear();
    const log = path.join(folder, 'listener.log');
    const child = new Child({ module: LISTENER, args: [JSON.stringify(settings)], cwd: folder, log });
    child.onMessage((message) => this.hear(message as FromListener));
    this.child = child;
  }

  begin(): void {
    this.child?.send('begin');
  }

  /** Has it emit its last numbers. */
  finish(): void {
    this.child?.send('finish');
  }

  /** Resolves once its present listener has said so. */
  async says(what: FromListener['what']): Promise<void> {
    while (!this.heard.has(what)) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  async kill(): Promise<void> {
    await this.child?.kill();
  }

  /** While its listener is down: where the bug `tail` is planted, its journal forgets what it committed since then (epoch ms). */
  mayLoseTail(since: number): void {
    if (this.options.losesTail) cutJournalTail(this.dataDir, since);
  }

  async end(): Promise<void> {
    await this.child?.end();
  }

  private get witnessFile(): string {
    return path.join(this.options.folder, 'witness');
  }

  private get workspace(): string {
    return path.join(this.options.folder, 'workspace');
  }

  private get dataDir(): string {
    return path.join(this.options.folder, 'data');
  }

  private hear(message: FromListener): void {
    if (message.what === 'stopped') this.stopped = message.reason;
    if (message.what === 'ready' && message.link)
      this.links.add(`${message.link.kind}, ${message.link.resumable ? 'resumable' : 'plain'}`);
    this.heard.add(message.what);
    for (const look of this.waiting.splice(0)) look();
  }
}

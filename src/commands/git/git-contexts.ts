import path from 'node:path';
import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { CLOCK } from '../../config/index.js';
import { type Conversation, ConversationsService } from '../../conversations/index.js';
import type { Clock, GitContext } from '../../protocol/index.js';
import { CommandsOptions } from '../commands.options.js';
import { PathWatch } from '../filesystem/path-watch.js';
import { Git } from './git.js';
import { readGitStatus } from './git-status.js';
import { isInRepository } from './is-in-repository.js';
import { Slots } from './slots.js';

/** Branches that were worked on last, without the present one. */
const RECENT_BRANCHES = 10;

/**
 * Shows in each conversation's device status how the repository of its directory is: when it begins, at its turns' ends, after
 * checkouts, and when something else changes the branch.
 */
@Injectable()
export class GitContexts implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(GitContexts.name);
  /** By directory: what is read now, and whether it is to be read again then. */
  private readonly reading = new Map<string, { isOutdated: boolean; readonly done: Promise<void> }>();
  /** By the path of a HEAD. */
  private readonly heads = new Map<string, Promise<PathWatch>>();
  private readonly stopping = new AbortController();
  private readonly slots: Slots;

  constructor(
    private readonly conversations: ConversationsService,
    private readonly git: Git,
    private readonly options: CommandsOptions,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.slots = new Slots(options.maxGitContexts);
  }

  onModuleInit(): void {
    this.conversations.onTouched((conversation) => this.refresh(conversation.cwd));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all([...this.reading.values()].map(({ done }) => done));
    for (const head of await Promise.allSettled(this.heads.values()))
      if (head.status === 'fulfilled') await head.value.close();
  }

  /** Reads anew what every conversation shows. */
  refreshAll(): void {
    for (const cwd of new Set(this.conversations.all().map((conversation) => conversation.cwd))) this.refresh(cwd);
  }

  private refresh(cwd: string): void {
    const under = this.reading.get(cwd);
    if (under) {
      under.isOutdated = true;
      return;
    }
    if (this.stopping.signal.aborted) return;
    const done = this.slots
      .run(() => this.show(cwd))
      .catch((error: unknown) => this.logger.debug(`${cwd} shows no repository: ${String(error)}`))
      .then(() => {
        const isOutdated = this.reading.get(cwd)?.isOutdated === true;
        this.reading.delete(cwd);
        if (isOutdated) this.refresh(cwd);
      });
    this.reading.set(cwd, { isOutdated: false, done });
  }

  private async show(cwd: string): Promise<void> {
    if (this.stopping.signal.aborted) return;
    const context = (await isInRepository(cwd)) ? await this.within((signal) => this.read(cwd, signal)) : null;
    const mine = (conversation: Conversation): boolean => conversation.cwd === cwd;
    if (!this.stopping.signal.aborted)
      for (const conversation of this.conversations.all().filter(mine)) conversation.showGit(context);
  }

  private async read(cwd: string, signal: AbortSignal): Promise<GitContext> {
    const gitDirectory = await this.git.run(cwd, ['rev-parse', '--absolute-git-dir'], signal);
    await this.watchHead(path.join(gitDirectory.trimEnd(), 'HEAD'));
    const status = await this.git.run(cwd, ['status', '--porcelain=v2', '--branch', '-z'], signal);
    const newest = ['--sort=-committerdate', `--count=${RECENT_BRANCHES + 1}`, '--format=%(refname:lstrip=2)'];
    const branches = await this.git.run(cwd, ['for-each-ref', ...newest, 'refs/heads/'], signal);
    return readGitStatus(status, branches.split('\n').filter(Boolean), RECENT_BRANCHES);
  }

  /** A huge repository may take long: it is given up, and shown as it was. */
  private async within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const late = new AbortController();
    const timer = this.clock.after(this.options.gitContextDeadlineMs, () => late.abort());
    try {
      return await work(AbortSignal.any([late.signal, this.stopping.signal]));
    } finally {
      timer.cancel();
    }
  }

  /** Where it cannot be watched, turns and checkouts still show what has changed. */
  private async watchHead(head: string): Promise<void> {
    if (this.heads.has(head) || this.heads.size >= this.options.maxWatches) return;
    const failed = (error: unknown): void => this.logger.debug(`${head} cannot be watched: ${String(error)}`);
    const opened = PathWatch.open(head, { touched: () => this.refreshAll(), failed });
    this.heads.set(head, opened);
    await opened.catch(failed);
  }
}

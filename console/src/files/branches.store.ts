import { signal } from '@preact/signals';
import type { AnswerOf } from 'twinlane/client';
import { LatestQuestion, type Device } from './device.js';
import { messageOf } from '../ui/index.js';

export type Branch = AnswerOf<'search_branches'>['branches'][number];

/** The branches of the workspace's repository. */
export class BranchesStore {
  readonly current = signal<string | undefined>(undefined);
  readonly branches = signal<readonly Branch[]>([]);
  readonly isBusy = signal(false);
  readonly problem = signal<string | undefined>(undefined);
  private readonly question: LatestQuestion;

  constructor(private readonly device: Device) {
    this.question = new LatestQuestion(device);
  }

  /** Finds branches by letters of their names. In a workspace that is no repository there are none, and `problem` says so. */
  async search(query = ''): Promise<void> {
    try {
      const answer = await this.question.ask('search_branches', { query });
      if (!answer) return;
      this.branches.value = answer.branches;
      if (query === '') this.current.value = answer.branches.find((branch) => branch.is_current)?.name;
    } catch (error) {
      this.branches.value = [];
      this.current.value = undefined;
      this.problem.value = messageOf(error);
    }
  }

  /** @returns whether the workspace is on that branch now; else `problem` says in git's words why not */
  async checkOut(branch: string, create = false): Promise<boolean> {
    this.isBusy.value = true;
    this.problem.value = undefined;
    try {
      await this.device.command('checkout_branch', { branch, ...(create ? { create } : {}) });
      return true;
    } catch (error) {
      this.problem.value = messageOf(error);
      return false;
    } finally {
      this.isBusy.value = false;
      await this.search();
    }
  }
}

import { signal } from '@preact/signals';
import type { Clock, Timer } from 'twinlane/protocol';
import { BranchesStore } from './branches.store.js';
import { EnvironmentDevice, type Attachments } from './environment-device.js';
import { FindStore } from './find.store.js';
import { GrepStore } from './grep.store.js';
import { OpenFilesStore } from './open-files.store.js';
import { TreeStore } from './tree.store.js';

/** How long directories that are open go without a look at them, in ms: no device tells of what comes and goes in them. */
const LOOK_MS = 5_000;
/** Where a look takes long, because the link is slow or the directories are large, they go that many times as long without the next one. */
const REST_FACTOR = 10;

/** All that is known of the files of one environment. It outlives its page, because something may be typed that is not on the device. */
export class FilesStore {
  private readonly device = new EnvironmentDevice();
  readonly tree = new TreeStore(this.device);
  readonly files = new OpenFilesStore(this.device);
  readonly grep = new GrepStore(this.device);
  readonly branches = new BranchesStore(this.device);
  readonly find: FindStore;
  /** What the sidebar shows. */
  readonly side = signal<'tree' | 'search'>('tree');

  constructor(private readonly clock: Clock) {
    this.find = new FindStore(this.device, clock);
  }

  /** The page is shown: everything is asked for over its attachments. @returns what to do when it is left */
  show(attachments: Attachments): () => void {
    return this.device.use(attachments, (attachment) => {
      const leaving = new AbortController();
      void this.tree.open('.').then(() => this.tree.refresh());
      void this.branches.search();
      void this.files.watchAgain();
      // What the attachment ends with is shown by the page.
      this.files.follow(attachment.frames({ signal: leaving.signal })).catch(() => {});
      return () => leaving.abort();
    });
  }

  /** Looks again at all that may have changed unseen. */
  async refresh(): Promise<void> {
    await Promise.all([this.tree.refresh(), this.branches.search()]);
  }

  /** Looks again, now and from time to time: somebody sees the page. @returns ends that */
  keepLooking(): () => void {
    let timer: Timer | undefined;
    let isSeen = true;
    const look = async (): Promise<void> => {
      const begun = this.clock.now();
      await this.tree.refresh();
      const rest = Math.max(LOOK_MS, (this.clock.now() - begun) * REST_FACTOR);
      if (isSeen) timer = this.clock.after(rest, () => void look());
    };
    void this.branches.search();
    void look();
    return () => {
      isSeen = false;
      timer?.cancel();
    };
  }
}

import { computed, signal, type ReadonlySignal } from '@preact/signals';
import type { Frame } from 'twinlane/protocol';
import type { Device } from './device.js';
import { OpenFile } from './open-file.store.js';
import { messageOf } from '../ui/index.js';

/** The files that are open, each in a tab; they stay open, with what is typed in them, while other pages are shown. */
export class OpenFilesStore {
  readonly files = signal<readonly OpenFile[]>([]);
  readonly active = signal<OpenFile | undefined>(undefined);
  /** Those with something typed that is not on the device. */
  readonly dirty: ReadonlySignal<readonly OpenFile[]> = computed(() =>
    this.files.value.filter(({ isDirty }) => isDirty.value),
  );

  constructor(private readonly device: Pick<Device, 'command'>) {}

  /**
   * Follows what the device tells of these files.
   *
   * @param frames of an attachment, until it ends @throws what it ends with, where that is an error
   */
  async follow(frames: AsyncIterable<Frame>): Promise<void> {
    for await (const { type, path, success, error } of frames) {
      const file = this.files.value.find((open) => open.path === path);
      if (type === 'file_changed') void file?.changedOnDisk();
      // The device was away, and will not watch it again.
      else if (type === 'watch_file_response' && success === false && file)
        file.unwatched.value = typeof error === 'string' ? error : 'The device no longer watches this file.';
    }
  }

  /** Another attachment is there, for which nothing is watched yet: what has changed meanwhile is found out. */
  async watchAgain(): Promise<void> {
    await Promise.all(
      this.files.value.map(async (file) => {
        await this.watch(file);
        await file.changedOnDisk();
      }),
    );
  }

  /** Shows a file, at a line where one is named (from 1). */
  async open(path: string, line?: number): Promise<void> {
    const open = this.files.value.find((file) => file.path === path);
    const file = open ?? new OpenFile(path, this.device);
    this.active.value = file;
    if (!open) {
      this.files.value = [...this.files.value, file];
      // First watched, then read: what changes in between is told.
      await this.watch(file);
      await file.reload();
    }
    if (line !== undefined) await file.goTo(line);
  }

  /** Closes a file; what is typed in it is lost. */
  close(file: OpenFile): void {
    const index = this.files.value.indexOf(file);
    if (index === -1) return;
    this.files.value = this.files.value.filter((other) => other !== file);
    if (this.active.value === file) this.active.value = this.files.value[Math.min(index, this.files.value.length - 1)];
    // Whoever watches in vain is told nothing, and the device forgets it with the attachment.
    this.device.command('unwatch_file', { path: file.path }).catch(() => {});
  }

  private async watch(file: OpenFile): Promise<void> {
    try {
      await this.device.command('watch_file', { path: file.path });
      file.unwatched.value = undefined;
    } catch (error) {
      file.unwatched.value = messageOf(error);
    }
  }
}

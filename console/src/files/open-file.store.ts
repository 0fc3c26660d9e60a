import { computed, signal } from '@preact/signals';
import { codeOf, type Device } from './device.js';
import type { FileContent } from './file-content.js';
import { FileReader } from './file-reader.js';
import { messageOf } from '../ui/index.js';

/** What is on the device's disk is not what the editor began with. */
export interface Conflict {
  /** What is there now; undefined where the file is gone, or is no text that can be compared. */
  readonly theirs: string | undefined;
  readonly isGone: boolean;
  /** What the device is to find when it is written over: a hash, `absent`, or whatever is there where it knows no hashes. */
  readonly expected: string | undefined;
}

/** What a look at the disk has shown. */
type Found =
  | { readonly state: 'there'; readonly content: FileContent }
  | { readonly state: 'gone' }
  | { readonly state: 'unknown' };

/** As the device names the content of a file that is not there. */
const ABSENT = 'absent';

/** After these nobody knows whether the file was written. */
const UNKNOWN_OUTCOMES: ReadonlySet<string | undefined> = new Set(['OUTCOME_UNKNOWN', 'COMMAND_TIMEOUT']);

/** One file that is shown, and perhaps edited. What was typed stays here until it is on the device, or thrown away on purpose. */
export class OpenFile {
  private readonly reader: FileReader;
  readonly content = signal<FileContent | undefined>(undefined);
  readonly isReading = signal(false);
  readonly isSaving = signal(false);
  /** What is typed, where it is something else than what was read. */
  readonly draft = signal<string | undefined>(undefined);
  readonly isDirty = computed(() => this.draft.value !== undefined);
  readonly conflict = signal<Conflict | undefined>(undefined);
  /** Whether keys change it. */
  readonly isEditing = signal(false);
  /** The last thing that went wrong, in the device's words. */
  readonly problem = signal<string | undefined>(undefined);
  /** Why changes on the device are not told, where they are not. */
  readonly unwatched = signal<string | undefined>(undefined);
  /** Line to show, from 1; another object each time it is asked for. */
  readonly goal = signal<{ readonly line: number } | undefined>(undefined);
  readonly isWhole = computed(() => {
    const { value: content } = this.content;
    return content?.kind === 'text' && content.read >= content.size;
  });
  private looks = 0;
  /** A change was told while it was being written. */
  private wasTold = false;

  constructor(
    readonly path: string,
    private readonly device: Pick<Device, 'command'>,
  ) {
    this.reader = new FileReader(device);
  }

  /** What the editor shows. */
  get text(): string | undefined {
    return this.draft.value ?? this.read;
  }

  /** Reads it, again where it was; what is typed is lost, once there is something in its place. */
  async reload(): Promise<void> {
    const found = await this.look();
    if (found?.state !== 'there') return;
    this.content.value = found.content;
    this.draft.value = undefined;
    this.conflict.value = undefined;
  }

  /** Reads the next piece of a long text. */
  async readOn(): Promise<void> {
    const { value: before } = this.content;
    if (before?.kind !== 'text' || this.isWhole.value || this.isReading.value) return;
    const content = await this.reading(() => this.reader.readOn(this.path, before));
    if (content && this.content.value === before) this.content.value = content;
  }

  /** Shows a line, and reads on until it is there. */
  async goTo(line: number): Promise<void> {
    for (let known = -1; ;) {
      const { value: content } = this.content;
      if (content?.kind !== 'text') return;
      if (this.isWhole.value || content.read === known || content.text.split('\n').length > line) break;
      known = content.read;
      await this.readOn();
    }
    this.goal.value = { line };
  }

  edit(text: string): void {
    this.draft.value = text === this.read ? undefined : text;
  }

  /** Throws away what is typed. */
  revert(): void {
    this.draft.value = undefined;
    this.problem.value = undefined;
    if (this.conflict.value) void this.reload();
  }

  /** Writes what is typed, unless the file has changed since it was read: then `conflict` says so. @returns whether it is written */
  async save(): Promise<boolean> {
    const { value: content } = this.content;
    const hash = content?.kind === 'text' ? content.hash : undefined;
    if (this.isSaving.value || this.conflict.value) return false;
    // A device that knows no hashes is asked how the file is: the next best.
    if (hash === undefined && this.isDirty.value && (await this.compare())?.state !== 'there') return false;
    return this.conflict.value ? false : this.write(hash);
  }

  /** Writes what is typed over what the conflict shows; over anything newer not. @returns whether it is written */
  async overwrite(): Promise<boolean> {
    return this.conflict.value ? this.write(this.conflict.value.expected) : this.save();
  }

  /** The device says that the file has changed: what is not being edited is read again, else it is a conflict. */
  async changedOnDisk(): Promise<void> {
    // Its own writing is told too; who wrote last is seen once that is answered.
    if (this.isSaving.value) this.wasTold = true;
    else await this.compare();
  }

  private get read(): string | undefined {
    const { value: content } = this.content;
    return content?.kind === 'text' ? content.text : undefined;
  }

  private async write(expected: string | undefined): Promise<boolean> {
    const { value: draft } = this.draft;
    if (draft === undefined || this.isSaving.value) return draft === undefined;
    this.isSaving.value = true;
    this.problem.value = undefined;
    try {
      const fields = {
        path: this.path,
        content: draft,
        ...(expected === undefined ? {} : { expected_hash: expected }),
      };
      const { content_hash: hash } = await this.device.command('write_file', fields);
      this.written(draft, hash);
      return true;
    } catch (error) {
      return await this.failed(error, draft);
    } finally {
      this.isSaving.value = false;
      if (this.wasTold) void this.compare();
      this.wasTold = false;
    }
  }

  private async failed(error: unknown, draft: string): Promise<boolean> {
    const code = codeOf(error);
    const isConflict = code === 'FILE_CHANGED';
    if (isConflict || UNKNOWN_OUTCOMES.has(code)) {
      const found = await this.compare();
      if (found?.state === 'there' && found.content.kind === 'text' && found.content.text === draft) {
        this.written(draft, found.content.hash);
        return true;
      }
    }
    if (!isConflict) this.problem.value = messageOf(error);
    return false;
  }

  /** What was typed while it was being written stays typed. */
  private written(text: string, hash: string | undefined): void {
    const size = new TextEncoder().encode(text).length;
    this.content.value = { kind: 'text', text, read: size, size, ...(hash === undefined ? {} : { hash }) };
    this.edit(this.draft.value ?? text);
    this.conflict.value = undefined;
    this.problem.value = undefined;
  }

  /** Looks what is on the disk, and takes it over or calls it a conflict. */
  private async compare(): Promise<Found | undefined> {
    const found = await this.look();
    if (!found || found.state === 'unknown') return found;
    const content = found.state === 'there' ? found.content : undefined;
    if (!this.isDirty.value) {
      if (content) this.content.value = content;
      return found;
    }
    const text = content?.kind === 'text' && content.read >= content.size ? content : undefined;
    if (text && text.text === this.read) {
      this.content.value = text;
      this.conflict.value = undefined;
    } else {
      const isGone = found.state === 'gone';
      this.conflict.value = { theirs: text?.text, isGone, expected: isGone ? ABSENT : text?.hash };
    }
    return found;
  }

  /** @returns undefined where it was looked at again meanwhile */
  private async look(): Promise<Found | undefined> {
    const look = ++this.looks;
    let isGone = false;
    const content = await this.reading(() =>
      this.reader.read(this.path).catch((error: unknown) => {
        isGone = messageOf(error).startsWith('ENOENT');
        throw error;
      }),
    );
    if (look !== this.looks) return undefined;
    if (content) return { state: 'there', content };
    return { state: isGone ? 'gone' : 'unknown' };
  }

  private async reading<T>(read: () => Promise<T>): Promise<T | undefined> {
    this.isReading.value = true;
    try {
      const content = await read();
      this.problem.value = undefined;
      return content;
    } catch (error) {
      this.problem.value = messageOf(error);
      return undefined;
    } finally {
      this.isReading.value = false;
    }
  }
}

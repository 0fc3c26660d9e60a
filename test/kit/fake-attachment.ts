import { AsyncQueue } from '../../src/client/async-queue.js';
import type { AnswerOf, FieldsOf } from '../../src/client/index.js';
import { CommandError } from '../../src/client/index.js';
import type { Frame } from '../../src/protocol/index.js';

type Fields = Readonly<Record<string, unknown>>;
type Handler = (fields: Fields) => object | Promise<object>;

/** The part of an attachment that features of the console use, with a device of a few lines behind it. */
export class FakeAttachment {
  /** Every command that was sent, with its fields. */
  readonly sent: Fields[] = [];
  private readonly handlers = new Map<string, Handler>();
  private readonly others = new AsyncQueue<Frame>();

  /** What the device answers to a command; one that it rejects with is the answer's error. */
  on(type: string, handler: Handler): this {
    this.handlers.set(type, handler);
    return this;
  }

  /** The device tells something by itself. */
  tell(frame: Frame): void {
    this.others.push(frame);
  }

  end(): void {
    this.others.finish();
  }

  of(type: string): Fields[] {
    return this.sent.filter((command) => command['type'] === type);
  }

  frames(): AsyncIterableIterator<Frame, undefined> {
    return this.others;
  }

  async command<T extends string>(type: T, fields: FieldsOf<T>): Promise<AnswerOf<T>> {
    this.sent.push({ type, ...fields });
    const handler = this.handlers.get(type);
    if (!handler) throw new CommandError(type, 'COMMAND_UNKNOWN', `The fake device has no ${type}.`);
    return { type: `${type}_response`, ...(await handler(fields as Fields)) } as unknown as AnswerOf<T>;
  }
}

/** As the client library throws it. */
export function refused(code: string, message = code): CommandError {
  return new CommandError('command', code, message);
}

/** Files in memory that behave as a device's do. */
export class FakeDisk {
  readonly files = new Map<string, string>();
  /** Whether it knows hashes; stock devices do not. */
  knowsHashes = true;

  constructor(files: Readonly<Record<string, string>> = {}) {
    for (const [path, content] of Object.entries(files)) this.files.set(path, content);
  }

  serve(attachment: FakeAttachment): FakeAttachment {
    return attachment
      .on('watch_file', () => ({}))
      .on('unwatch_file', () => ({}))
      .on('read_file', ({ path, offset, length, encoding }) => this.read(String(path), offset, length, encoding))
      .on('write_file', ({ path, content, expected_hash }) => this.write(String(path), String(content), expected_hash))
      .on('list_in_directory', ({ path, limit, offset }) => this.list(String(path), Number(offset), Number(limit)));
  }

  private read(path: string, offset: unknown, length: unknown, encoding: unknown): object {
    const text = this.files.get(path);
    if (text === undefined) throw refused('COMMAND_FAILED', `ENOENT: no such file or directory, open '${path}'`);
    const bytes = Buffer.from(text, 'latin1');
    const from = Number(offset ?? 0);
    const part = bytes.subarray(from, from + Number(length ?? bytes.length));
    const isText = encoding !== 'base64';
    if (isText && part.includes(0xff)) throw refused('COMMAND_FAILED', `File is not valid UTF-8 text: ${path}.`);
    const content = part.toString(isText ? 'latin1' : 'base64');
    const hash = part.length === bytes.length && this.knowsHashes ? { content_hash: hashOf(text) } : {};
    return { path, content, length: part.length, size: bytes.length, ...hash };
  }

  private write(path: string, content: string, expected: unknown): object {
    const before = this.files.get(path);
    if (this.knowsHashes && expected !== undefined && expected !== (before === undefined ? 'absent' : hashOf(before)))
      throw refused('FILE_CHANGED', `${path} is not what it was when it was read`);
    this.files.set(path, content);
    return { path, ...(this.knowsHashes ? { content_hash: hashOf(content) } : {}) };
  }

  private list(directory: string, offset: number, limit: number): object {
    const prefix = directory === '.' ? '' : `${directory}/`;
    const inside = [...this.files.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
    if (inside.length === 0 && directory !== '.') throw refused('COMMAND_FAILED', `ENOENT: ${directory}`);
    const folders = [
      ...new Set(inside.filter((path) => path.includes('/')).map((path) => path.split('/')[0] ?? '')),
    ].toSorted();
    const files = inside.filter((path) => !path.includes('/')).toSorted();
    const all = [...folders, ...files];
    const page = all.slice(offset, offset + limit);
    return {
      path: directory,
      folders: page.filter((name) => folders.includes(name)),
      files: page.filter((name) => !folders.includes(name)),
      hasMore: offset + limit < all.length,
      total: all.length,
    };
  }
}

function hashOf(text: string): string {
  return `hash of ${text}`;
}

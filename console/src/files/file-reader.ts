import { codeOf, type Device } from './device.js';
import {
  BINARY_BYTES,
  bytesOf,
  type FileContent,
  imageTypeOf,
  looksBinary,
  MAX_IMAGE_BYTES,
  PIECE_BYTES,
} from './file-content.js';

type TextContent = Extract<FileContent, { kind: 'text' }>;

const encoder = new TextEncoder();

/** Reads files of a device, whatever they hold. Rejects with the device's error where one cannot be read at all. */
export class FileReader {
  constructor(private readonly device: Pick<Device, 'command'>) {}

  async read(path: string): Promise<FileContent> {
    if (imageTypeOf(path) !== undefined) return this.readBytes(path);
    try {
      const text = await this.readText(path, 0);
      return looksBinary(text.text) ? await this.readBytes(path) : text;
    } catch (error) {
      // What is no text has no code of its own; whatever else is wrong is wrong with its bytes too.
      if (codeOf(error) === 'COMMAND_FAILED') return this.readBytes(path);
      throw error;
    }
  }

  /** The next piece of a text, behind what was read of it. */
  async readOn(path: string, before: TextContent): Promise<TextContent> {
    const next = await this.readText(path, before.read);
    return { ...next, text: before.text + next.text };
  }

  private async readText(path: string, offset: number): Promise<TextContent> {
    const answer = await this.device.command('read_file', { path, offset, length: PIECE_BYTES });
    // A device that knows no parts answers with all of it.
    const read = answer.length === undefined ? encoder.encode(answer.content).length : offset + answer.length;
    const hash = answer.content_hash;
    const text = answer.content;
    return { kind: 'text', text, read, size: answer.size ?? read, ...(hash === undefined ? {} : { hash }) };
  }

  private async readBytes(path: string): Promise<FileContent> {
    const mediaType = imageTypeOf(path);
    const length = mediaType === undefined ? BINARY_BYTES : MAX_IMAGE_BYTES;
    const answer = await this.device.command('read_file', { path, encoding: 'base64', offset: 0, length });
    const bytes = bytesOf(answer.content);
    const size = answer.size ?? bytes.length;
    if (mediaType !== undefined && bytes.length === size && size > 0)
      return { kind: 'image', url: `data:${mediaType};base64,${answer.content}`, size };
    return { kind: 'binary', bytes: bytes.subarray(0, BINARY_BYTES), size };
  }
}

import { IsIn, IsNotEmpty, IsString } from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import { ProtocolEmitterService } from '../../emitter/index.js';
import type { Frame } from '../../protocol/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandError } from '../command.error.js';
import { AROUND_CONTENT_BYTES, CommandsOptions } from '../commands.options.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { contentHash } from './content-hash.js';
import { decodeText, encodedBytes, wholeCharacters } from './utf8.js';
import { type OpenFile, withFile } from './workspace-file.js';
import { IsOmittable } from '../omittable.decorator.js';

const ENCODINGS = ['utf8', 'base64'] as const;

export class ReadFileDto {
  @IsString()
  @IsNotEmpty()
  path!: string;

  @IsOmittable()
  @IsIn(ENCODINGS)
  encoding?: (typeof ENCODINGS)[number];

  @IsOmittable()
  @WholeNumber({ min: 0 })
  offset?: number;

  @IsOmittable()
  @WholeNumber({ min: 1 })
  length?: number;
}

/**
 * Reads a file, or with `offset` and `length` (bytes) a part of it. The answer to a part says `offset`, `length` (bytes
 * it holds) and `size` (of the whole file). A part of a text ends with a whole character, so the next one starts at
 * `offset + length`. An answer that holds the whole file has its `content_hash`, for `write_file`.
 */
@DeviceCommand('read_file', ReadFileDto)
export class ReadFileCommand implements DeviceCommandOf<ReadFileDto> {
  constructor(
    private readonly workspace: Workspace,
    private readonly options: CommandsOptions,
    private readonly emitter: ProtocolEmitterService,
  ) {}

  handle(read: ReadFileDto): Promise<object> {
    return withFile(this.workspace, read.path, (file) => this.read(file, read));
  }

  errorFields(frame: Frame): object {
    return { path: frame['path'], content: null, encoding: frame['encoding'] ?? 'utf8' };
  }

  private async read(file: OpenFile, { path, encoding = 'utf8', offset, length }: ReadFileDto): Promise<object> {
    const from = Math.min(offset ?? 0, file.size);
    const wanted = Math.min(length ?? Infinity, file.size - from);
    const most = Math.min(this.options.maxAnswerBytes, this.emitter.maxAnswerBytes - AROUND_CONTENT_BYTES);
    if (wanted > most) throw tooLarge(path, file.size, most);
    let bytes = await file.read(from, wanted);
    if (encoding === 'utf8' && from + bytes.length < file.size) bytes = bytes.subarray(0, wholeCharacters(bytes));
    if (bytes.length === 0 && wanted > 0)
      throw new CommandError(
        'COMMAND_INVALID',
        'length must reach over the first character; ask for at least 4 bytes.',
      );
    const content = encoding === 'base64' ? bytes.toString('base64') : decodeText(bytes, path);
    if ((await encodedBytes(content)) > most) throw tooLarge(path, file.size, most);
    const isPart = offset !== undefined || length !== undefined;
    return {
      path,
      content,
      encoding,
      ...(isPart ? { offset: from, length: bytes.length, size: file.size } : {}),
      ...(bytes.length === file.size ? { content_hash: contentHash(bytes) } : {}),
    };
  }
}

function tooLarge(path: string, size: number, most: number): CommandError {
  return new CommandError(
    'ANSWER_TOO_LARGE',
    `${path} has ${size} bytes and one answer holds ${most}, encoded; read it in parts with offset and length.`,
  );
}

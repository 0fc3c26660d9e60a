import { IsNotEmpty, IsString } from 'class-validator';
import type { Frame } from '../../protocol/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandError } from '../command.error.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { IsOmittable } from '../omittable.decorator.js';
import { ABSENT, contentHash } from './content-hash.js';
import { FileWriter } from './file-writer.js';
import { withFile } from './workspace-file.js';

export class WriteFileDto {
  @IsString()
  @IsNotEmpty()
  path!: string;

  @IsString()
  content!: string;

  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  expected_hash?: string;
}

/**
 * Writes a whole file, atomically. With `expected_hash` (a `content_hash` of `read_file`, or `absent` for a file that is to be new) only where the
 * file still holds that; otherwise it fails with `FILE_CHANGED`, and nothing is written.
 */
@DeviceCommand('write_file', WriteFileDto)
export class WriteFileCommand implements DeviceCommandOf<WriteFileDto> {
  constructor(
    private readonly writer: FileWriter,
    private readonly workspace: Workspace,
  ) {}

  async handle({ path, content, expected_hash }: WriteFileDto): Promise<object> {
    await this.writer.exclusively(path, async (real) => {
      if (expected_hash !== undefined && (await this.hashOf(path)) !== expected_hash)
        throw new CommandError(
          'FILE_CHANGED',
          `${path} is not what it was when it was read, so nothing was written. Read it again, then decide.`,
        );
      await this.writer.replace(real, content);
    });
    return { path, content_hash: contentHash(content) };
  }

  errorFields(frame: Frame): object {
    return { path: frame['path'] };
  }

  private async hashOf(path: string): Promise<string> {
    try {
      return await withFile(this.workspace, path, async (file) => contentHash(await file.read(0, file.size)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ABSENT;
      throw error;
    }
  }
}

import { IsNotEmpty, IsString } from 'class-validator';
import type { Frame } from '../../protocol/index.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { FileWriter } from './file-writer.js';

export class WriteFileDto {
  @IsString()
  @IsNotEmpty()
  path!: string;

  @IsString()
  content!: string;
}

/** Writes a whole file, atomically. */
@DeviceCommand('write_file', WriteFileDto)
export class WriteFileCommand implements DeviceCommandOf<WriteFileDto> {
  constructor(private readonly writer: FileWriter) {}

  async handle({ path, content }: WriteFileDto): Promise<object> {
    await this.writer.exclusively(path, (real) => this.writer.replace(real, content));
    return { path };
  }

  errorFields(frame: Frame): object {
    return { path: frame['path'] };
  }
}

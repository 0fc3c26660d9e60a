import { IsNotEmpty, IsString } from 'class-validator';
import type { Frame } from '../../protocol/index.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { FileWatches } from './file-watches.js';

export class WatchFileDto {
  @IsString()
  @IsNotEmpty()
  path!: string;
}

/**
 * From now on every change of a file is told as `file_changed`: written, replaced, made, or deleted (`deleted`). It need not exist yet.
 * Fails with `TOO_MANY` where more are watched than the device allows.
 */
@DeviceCommand('watch_file', WatchFileDto)
export class WatchFileCommand implements DeviceCommandOf<WatchFileDto> {
  constructor(private readonly watches: FileWatches) {}

  async handle({ path }: WatchFileDto): Promise<object> {
    return { path, lastModified: await this.watches.watch(path) };
  }

  errorFields(frame: Frame): object {
    return { path: frame['path'] };
  }
}

/** Ends what `watch_file` began; the path is the same text. */
@DeviceCommand('unwatch_file', WatchFileDto)
export class UnwatchFileCommand implements DeviceCommandOf<WatchFileDto> {
  constructor(private readonly watches: FileWatches) {}

  async handle({ path }: WatchFileDto): Promise<object> {
    await this.watches.unwatch(path);
    return { path };
  }

  errorFields(frame: Frame): object {
    return { path: frame['path'] };
  }
}

import { IsBoolean, IsNotEmpty, IsString } from 'class-validator';
import { WholeNumber } from '../../config/index.js';
import { ProtocolEmitterService } from '../../emitter/index.js';
import type { Frame } from '../../protocol/index.js';
import { Workspace } from '../../workspace/index.js';
import { CommandError } from '../command.error.js';
import { AROUND_CONTENT_BYTES, CommandsOptions } from '../commands.options.js';
import { DeviceCommand } from '../device-command.decorator.js';
import type { DeviceCommandOf } from '../device-command.js';
import { FileWriter } from './file-writer.js';
import { replaceText } from './replace-text.js';
import { decodeText } from './utf8.js';
import { withFile } from './workspace-file.js';
import { IsOmittable } from '../omittable.decorator.js';

export class EditFileDto {
  @IsString()
  @IsNotEmpty()
  file_path!: string;

  @IsString()
  @IsNotEmpty()
  old_string!: string;

  @IsString()
  new_string!: string;

  @IsOmittable()
  @IsBoolean()
  replace_all?: boolean;

  @IsOmittable()
  @WholeNumber({ min: 1 })
  expected_replacements?: number;
}

/** Replaces text in a file. A string that stands there more than once is refused unless the command says how many are meant. */
@DeviceCommand('edit_file', EditFileDto)
export class EditFileCommand implements DeviceCommandOf<EditFileDto> {
  constructor(
    private readonly workspace: Workspace,
    private readonly writer: FileWriter,
    private readonly emitter: ProtocolEmitterService,
    private readonly options: CommandsOptions,
  ) {}

  async handle(edit: EditFileDto): Promise<object> {
    const { file_path } = edit;
    const { text, replacements, startLine } = await this.writer.exclusively(file_path, async (real) => {
      const edited = replaceText(await this.textOf(file_path), edit);
      this.assertFits(file_path, Buffer.byteLength(JSON.stringify(edited.text)));
      await this.writer.replace(real, edited.text);
      return edited;
    });
    this.emitter.send({
      type: 'file_ops',
      path: file_path,
      cg_entries: [],
      ops: [],
      source: 'agent',
      document_content: text,
    });
    const message = `Successfully replaced ${replacements} occurrence${replacements === 1 ? '' : 's'} in ${file_path}`;
    return { file_path, message, replacements, start_line: startLine };
  }

  errorFields(frame: Frame): object {
    return { file_path: frame['file_path'], message: null, replacements: 0 };
  }

  private textOf(path: string): Promise<string> {
    return withFile(this.workspace, path, async (file) => {
      this.assertFits(path, file.size);
      return decodeText(await file.read(0, file.size), path);
    });
  }

  /** The whole document goes out in one frame, to whoever watches the file. */
  private assertFits(path: string, bytes: number): void {
    const most = Math.min(this.options.maxAnswerBytes, this.emitter.maxFrameBytes - AROUND_CONTENT_BYTES);
    if (bytes > most)
      throw new CommandError(
        'COMMAND_FAILED',
        `${path} has ${bytes} bytes, encoded; edit_file takes up to ${most}. Edit it with a shell command.`,
      );
  }
}

import { Type } from 'class-transformer';
import { IsNotEmpty, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import { type Frame, readRuntime, type Runtime } from '../../protocol/index.js';

export class RuntimeDto implements Runtime {
  @IsOptional()
  @IsString()
  agent_id: string | null = null;

  @IsString()
  @IsNotEmpty()
  conversation_id!: string;
}

/** A command to one runtime. */
export class RuntimeCommandDto {
  @IsObject()
  @ValidateNested()
  @Type(() => RuntimeDto)
  runtime!: RuntimeDto;
}

/** The runtime alone, without fields that a client may have added. */
export function scopeOf({ runtime: { agent_id, conversation_id } }: RuntimeCommandDto): Runtime {
  return { agent_id, conversation_id };
}

/** Stock answers of these commands repeat the runtime. */
export function runtimeField(frame: Frame): { readonly runtime?: Runtime } {
  const runtime = readRuntime(frame['runtime']);
  return runtime ? { runtime } : {};
}

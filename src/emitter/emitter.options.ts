import { IsInt, IsNotEmpty, IsObject, IsOptional, IsString, Min } from 'class-validator';
import type { TypeMap } from '../protocol/index.js';

/** Options of `ProtocolEmitterModule`. Times in ms, sizes in bytes. */
export class EmitterOptions {
  /** Routes that replace or extend the defaults, by frame type. */
  @IsOptional()
  @IsObject()
  typeMap?: TypeMap;

  /** Path of a JSON file with plain routes; they win over `typeMap`. */
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  typeMapFile?: string;

  /** Bytes of unsent events at which producers pause. Default: 64 MiB. Nothing is dropped. */
  @IsInt()
  @Min(1)
  journalMaxBytes: number = 64 * 1024 * 1024;

  /** A snapshot is appended at the latest this long after it changed, while a link is ready. Default: 250 ms. */
  @IsInt()
  @Min(0)
  snapshotMaxWaitMs: number = 250;

  /** Longest that an event for control waits for the stream events before it (protocol section 2). Default: 1 s. */
  @IsInt()
  @Min(0)
  holdMs: number = 1_000;
}

import { ArrayNotEmpty, IsArray, IsObject, IsOptional, IsString } from 'class-validator';
import type { InputMessage } from '../../protocol/index.js';

/** `POST /v1/environments/{connectionId}/messages` (protocol section 4). */
export class SendMessagesDto {
  @IsArray()
  @ArrayNotEmpty()
  @IsObject({ each: true })
  messages!: InputMessage[];

  @IsOptional()
  @IsString()
  agentId?: string | null;

  /** Default: the agent's own conversation, `default`. */
  @IsOptional()
  @IsString()
  conversationId?: string | null;
}

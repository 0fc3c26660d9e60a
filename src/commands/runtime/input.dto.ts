import { Type } from 'class-transformer';
import {
  ArrayNotEmpty,
  IsArray,
  IsDefined,
  IsIn,
  IsNotEmpty,
  IsObject,
  IsString,
  ValidateNested,
} from 'class-validator';
import type {
  ApprovalDecision,
  ApprovalResponsePayload,
  CreateMessagePayload,
  InputMessage,
} from '../../protocol/index.js';
import { RuntimeCommandDto } from './runtime.dto.js';
import { IsOmittable } from '../omittable.decorator.js';

const PAYLOAD_KINDS = ['create_message', 'approval_response'] as const;

export class InputMessageDto implements InputMessage {
  @IsString()
  @IsNotEmpty()
  role!: string;

  @IsDefined()
  content!: unknown;

  @IsOmittable()
  @IsString()
  @IsNotEmpty()
  client_message_id?: string;
}

export class ApprovalDecisionDto implements ApprovalDecision {
  @IsIn(['allow', 'deny'])
  behavior!: 'allow' | 'deny';

  @IsOmittable()
  @IsString()
  message?: string;

  @IsOmittable()
  @IsObject()
  updated_input?: Record<string, unknown>;

  @IsOmittable()
  @IsString({ each: true })
  selected_permission_suggestion_ids?: string[];
}

/** A payload of neither kind, too: so that the error names `payload.kind`. */
export class InputPayloadDto {
  @IsIn(PAYLOAD_KINDS)
  kind!: (typeof PAYLOAD_KINDS)[number];
}

export class CreateMessageDto extends InputPayloadDto implements CreateMessagePayload {
  declare kind: 'create_message';

  @IsArray()
  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => InputMessageDto)
  messages!: InputMessageDto[];
}

export class ApprovalResponseDto extends InputPayloadDto implements ApprovalResponsePayload {
  declare kind: 'approval_response';

  @IsString()
  @IsNotEmpty()
  request_id!: string;

  @IsObject()
  @ValidateNested()
  @Type(() => ApprovalDecisionDto)
  decision!: ApprovalDecisionDto;
}

export class InputDto extends RuntimeCommandDto {
  @IsObject()
  @ValidateNested()
  @Type(() => InputPayloadDto, {
    keepDiscriminatorProperty: true,
    discriminator: {
      property: 'kind',
      subTypes: [
        { name: 'create_message', value: CreateMessageDto },
        { name: 'approval_response', value: ApprovalResponseDto },
      ],
    },
  })
  payload!: CreateMessageDto | ApprovalResponseDto;
}

import {
  answerTypeOf,
  isAnswered,
  isKnownEventType,
  KNOWN_COMMANDS,
  OTHER_TYPES,
  type EventType,
} from '../../../src/protocol/index.js';
import type { JsonSchema } from './type-schemas.js';

type Channel = 'control' | 'stream';
type Action = 'receive' | 'send';
type PartName = 'listener' | 'client';

/** One of the relay's gateways. */
export interface Part {
  readonly name: PartName;
  readonly address: string;
  readonly about: Readonly<Record<Channel, string>>;
  readonly parameter: string;
  readonly query: Readonly<Record<string, JsonSchema>>;
}

const TEXT = { type: 'string', maxLength: 256 };
const COUNT = { type: 'string', pattern: '^[0-9]+$' };

export const PARTS: readonly Part[] = [
  {
    name: 'listener',
    address: '/v1/environments/{connectionId}/listener/ws',
    about: {
      control:
        'Commands to the device, and its answers. On a link that does not resume also the end of turns and approvals.',
      stream: 'Events, output of terminals and large answers, paced by what the relay has read.',
    },
    parameter: 'Of the answer to its registration; the whole address is its `wsUrl`.',
    query: {
      lease: { ...TEXT, description: 'Stands in `wsUrl`.' },
      deviceId: TEXT,
      connectionName: TEXT,
      connectionGeneration: { ...TEXT, description: 'Of this pair of sockets; together with `connectionAttempt`.' },
      connectionAttempt: { ...COUNT, description: 'Counts up in each process.' },
      renew: { const: '1', description: 'It asks how long its token lives, to show a fresh one before.' },
    },
  },
  {
    name: 'client',
    address: '/v1/environments/{connectionId}/status/ws',
    about: {
      control: 'Commands, their answers, and frames that are no events.',
      stream: 'Every event of the runtime that was selected, in order. Commands are taken here too.',
    },
    parameter: 'The `connectionId` or `id` of the environment, as REST lists it.',
    query: {
      token: { type: 'string', description: 'For browsers; others send it as Bearer.' },
      client: {
        ...TEXT,
        description: 'A uuid: with the same token it owns its terminals and requests over a reconnect.',
      },
      agentId: TEXT,
      conversationId: TEXT,
      resumeFrom: { ...COUNT, description: 'The `event_seq` of the last event it has.' },
      epoch: { ...TEXT, description: 'The `event_epoch` of that event.' },
      history: {
        type: 'string',
        pattern: '^(all|[0-9]+)$',
        description: 'Without `resumeFrom`: how many of the newest events it is sent first.',
      },
      chunks: { const: '1', description: 'It takes large frames in pieces.' },
      batches: { const: '1', description: 'It takes several frames in one message, as a JSON array.' },
      renew: { const: '1', description: 'It asks how long its token lives, to show a fresh one before.' },
      requests: { const: '1', description: 'It asks which of its requests may still be answered.' },
    },
  },
];

interface Described {
  readonly about: string;
  /** A schema, or the type of the protocol that it is. */
  readonly schema: JsonSchema | string;
}

const ANY: JsonSchema = {};
const STRING = { type: 'string' };
const NUMBER = { type: 'integer', minimum: 0 };
const RUNTIME = {
  type: 'object',
  properties: { agent_id: { type: ['string', 'null'] }, conversation_id: STRING },
  required: ['conversation_id'],
};

function of(properties: Record<string, JsonSchema>, optional: readonly string[] = []): JsonSchema {
  return { properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) };
}

/** Frames that are neither commands, nor their answers, nor events. */
export const FRAMES: Readonly<Record<string, Described>> = {
  ping: { about: 'A sign of life that asks for one; every 30 s on each socket.', schema: ANY },
  pong: { about: 'Answers `ping`: everything before it has been read.', schema: ANY },
  ack: {
    about:
      'Everything up to `seq` has been read; up to `safe`, between listener and relay, it is the reader who answers for it.',
    schema: of({ seq: NUMBER, safe: NUMBER }, ['safe']),
  },
  listener_ready: {
    about: 'This pair of sockets counts.',
    schema: of({ connection_generation: STRING, connection_attempt: NUMBER }),
  },
  message: {
    about: 'From older servers, in place of `input`.',
    schema: of({ agentId: ANY, conversationId: ANY, messages: { type: 'array' } }, ['agentId', 'conversationId']),
  },
  resume_status: {
    about: 'The first frame of a client that named itself or resumes: whether it misses nothing.',
    schema: of({ recovered: { type: 'boolean' }, epoch: { type: ['string', 'null'] }, from: NUMBER, head: NUMBER }),
  },
  resume_gap: {
    about: 'Numbers of a runtime that this client will never see.',
    schema: of({ runtime: RUNTIME, event_epoch: STRING, from: NUMBER, to: NUMBER }),
  },
  requests_in_flight: {
    about: 'For a client that dialled with `requests=1`: all of its requests whose answers may still come.',
    schema: of({ request_ids: { type: 'array', items: STRING } }),
  },
  control_request_withheld: {
    about: 'In place of a `control_request`, for clients that may not approve.',
    schema: of({ runtime: RUNTIME }),
  },
  terminal_spawned: {
    about: 'A terminal is open.',
    schema: of({ terminal_id: STRING, pid: NUMBER, offset: NUMBER }, ['offset']),
  },
  terminal_output: {
    about: 'What a terminal shows. `offset`: bytes before it.',
    schema: of({ terminal_id: STRING, data: STRING, offset: NUMBER }, ['offset']),
  },
  terminal_exited: {
    about: 'A terminal has ended; after its last output.',
    schema: of({ terminal_id: STRING, exitCode: { type: ['integer', 'null'] }, error: STRING, offset: NUMBER }, [
      'error',
      'offset',
    ]),
  },
  terminal_ack: {
    about: 'How much of a terminal its owner has read, in bytes.',
    schema: of({ terminal_id: STRING, offset: NUMBER, request_id: STRING }, ['request_id']),
  },
  terminal_rewind: {
    about: 'The owner is back: go on from here.',
    schema: of({ terminal_id: STRING, offset: NUMBER, request_id: STRING }, ['request_id']),
  },
  file_changed: {
    about: 'A watched file has changed, or is gone.',
    schema: of({ path: STRING, lastModified: { type: 'number' }, deleted: { const: true } }, ['deleted']),
  },
  file_ops: { about: 'A file was edited.', schema: of({ path: STRING }) },
  external_tool_call_request: { about: "A device asks for a client's tool.", schema: of({ request_id: STRING }) },
  external_tool_call_response: { about: 'Answers `external_tool_call_request`.', schema: of({ request_id: STRING }) },
  journals: {
    about: 'What the device keeps; its first frame on the stream of a link that resumes.',
    schema: 'JournalsFrame',
  },
  rewind: { about: 'Go on after this event of a runtime.', schema: 'RewindFrame' },
  journal_gap: { about: 'Numbers that the device no longer keeps.', schema: 'JournalGapFrame' },
  token_expires: {
    about: 'How long the token lives that the socket was opened with, in ms; for a peer that dialled with `renew=1`.',
    schema: of({ expires_in_ms: NUMBER }),
  },
  token_renew: {
    about: 'A fresh token of the same holder and rights; `type` stands first, and no `seq` leads it.',
    schema: of({ token: STRING, request_id: STRING }, ['request_id']),
  },
  token_renew_response: {
    about: 'Whether the sockets of this connection stay open, and for how long, in ms.',
    schema: of(
      {
        request_id: STRING,
        success: { type: 'boolean' },
        expires_in_ms: NUMBER,
        error: STRING,
        error_code: STRING,
        retry_after_ms: NUMBER,
      },
      ['request_id', 'expires_in_ms', 'error', 'error_code', 'retry_after_ms'],
    ),
  },
  chunk: { about: 'A piece of the text of one large frame.', schema: 'ChunkFrame' },
  chunk_ack: { about: 'Which pieces of an answer have been taken.', schema: 'ChunkAckFrame' },
};

const EVENTS: readonly EventType[] = [
  'stream_delta',
  'update_device_status',
  'update_loop_status',
  'update_queue',
  'update_subagent_state',
  'turn_finished',
  'control_request',
  'control_request_resolved',
];
/** Events that a listener on a link that does not resume sends on control. */
const PLAIN_CONTROL = ['turn_finished', 'control_request', 'control_request_resolved'];
const SIGNS = ['ping', 'ack', 'token_renew'];
const OF_TOKENS = ['token_expires', 'token_renew_response'];
const ANSWERS = KNOWN_COMMANDS.filter(isAnswered).map(answerTypeOf);
const NOTICES = ['terminal_spawned', 'terminal_exited', 'file_changed', 'file_ops', 'external_tool_call_request'];
const SHOWN = ['resume_status', 'resume_gap', 'control_request_withheld', ...EVENTS];

/** From the relay's side: what it receives, and what it sends. */
const TABLE: Readonly<Record<`${PartName} ${Channel} ${Action}`, readonly string[]>> = {
  'listener control receive': [...SIGNS, ...ANSWERS, ...NOTICES, 'terminal_output', ...PLAIN_CONTROL, 'chunk'],
  'listener control send': [
    'pong',
    ...OF_TOKENS,
    'ack',
    'listener_ready',
    ...KNOWN_COMMANDS,
    'terminal_ack',
    'terminal_rewind',
    'external_tool_call_response',
    'chunk_ack',
    'message',
  ],
  'listener stream receive': [
    ...SIGNS,
    'journals',
    'journal_gap',
    ...EVENTS,
    'terminal_spawned',
    'terminal_output',
    'terminal_exited',
    ...ANSWERS,
    'chunk',
  ],
  'listener stream send': [
    'pong',
    ...OF_TOKENS,
    'ack',
    'listener_ready',
    'rewind',
    'chunk_ack',
    'terminal_ack',
    'terminal_rewind',
  ],
  'client control receive': [...SIGNS, ...KNOWN_COMMANDS, 'terminal_ack', 'external_tool_call_response'],
  'client control send': [
    'pong',
    ...OF_TOKENS,
    'requests_in_flight',
    ...ANSWERS,
    ...NOTICES,
    'terminal_output',
    'chunk',
  ],
  'client stream receive': [...SIGNS, ...KNOWN_COMMANDS, 'terminal_ack', 'external_tool_call_response'],
  'client stream send': ['pong', ...OF_TOKENS, ...SHOWN, ...ANSWERS, 'chunk'],
};

/** Types of the frames that the relay receives or sends there. */
export function partsOf(part: PartName, channel: Channel, action: Action): readonly string[] {
  return TABLE[`${part} ${channel} ${action}`];
}

/** Types of the protocol that no table here has. */
export function untold(): string[] {
  const told = new Set(Object.values(TABLE).flat());
  return [...KNOWN_COMMANDS, ...ANSWERS, ...OTHER_TYPES, ...EVENTS.filter(isKnownEventType)].filter(
    (type) => !told.has(type),
  );
}

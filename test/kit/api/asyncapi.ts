import type { Type } from '@nestjs/common';
import { commandProviders, terminalProviders } from '../../../src/commands/index.js';
import { type DeviceCommandMetadata, DeviceCommandType } from '../../../src/commands/device-command.decorator.js';
import { answerTypeOf, CLOSE_CODES, ERROR_CODES, isAnswered, KNOWN_COMMANDS } from '../../../src/protocol/index.js';
import { dtoSchema } from './dto-schema.js';
import { FRAMES, type Part, PARTS, partsOf } from './socket-frames.js';
import { type JsonSchema, TypeSchemas } from './type-schemas.js';

const ABOUT = `What goes over the sockets of a Twinlane relay, as docs/protocol.md tells it in words.

A listener first registers: \`POST /v1/environments/register\` (openapi.json) answers with \`wsUrl\`, which carries its lease, and with what was agreed. It
then opens \`wsUrl\` with its token as Bearer: once where nothing was agreed, or twice, with \`channel=control\` and \`channel=stream\`. A client opens
\`/status/ws\` of an environment likewise; browsers put their token into \`token\` of the query. A socket without \`channel\` carries what both do.

Every message is one JSON object with a \`type\`. Unknown fields, and frames of unknown types, are carried on. \`seq\` counts the frames of one socket
and direction; the other end answers \`ack\`. Frames of more than 64 KiB may come in pieces (\`chunk\`) where that was agreed.`;

interface Command {
  readonly type: string;
  readonly dto: Type<object>;
  /** The class of its handler. */
  readonly handler: string;
}

/** What `docs/asyncapi.json` holds: from the gateways' channels, the DTOs of commands, the handlers' answers and the types of the protocol. */
export function asyncApiDocument(): JsonSchema {
  const types = new TypeSchemas(['relay/index.ts', 'commands/index.ts', 'commands/command.providers.ts']);
  const messages = messageSchemas(types);
  const channels = PARTS.flatMap((part) => (['control', 'stream'] as const).map((channel) => [part, channel] as const));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Twinlane sockets',
      version: 'v1',
      description: ABOUT,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/json',
    servers: {
      relay: {
        host: 'relay.example',
        protocol: 'wss',
        description: 'Any relay; `ws` without TLS.',
        security: [{ $ref: '#/components/securitySchemes/bearer' }],
      },
    },
    channels: Object.fromEntries(
      channels.map(([part, channel]) => [`${part.name}-${channel}`, channelOf(part, channel)]),
    ),
    operations: Object.fromEntries(
      channels.flatMap(([part, channel]) =>
        (['receive', 'send'] as const).map((action) => [
          `${action}-${part.name}-${channel}`,
          operationOf(part, channel, action),
        ]),
      ),
    ),
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'A token that the relay accepts.' },
      },
      messages,
      schemas: types.named,
    },
  };
}

function channelOf({ name, address, about, parameter, query }: Part, channel: 'control' | 'stream'): JsonSchema {
  const types = new Set((['receive', 'send'] as const).flatMap((action) => partsOf(name, channel, action)));
  const closes = Object.values(CLOSE_CODES).map(({ code, meaning }) => `${code}: ${meaning}`);
  return {
    address,
    title: `The ${channel} socket of a ${name}`,
    description: `${about[channel]} It is closed with: ${closes.join('; ')}.`,
    parameters: { connectionId: { description: parameter } },
    messages: Object.fromEntries([...types].map((type) => [type, { $ref: `#/components/messages/${type}` }])),
    bindings: {
      ws: {
        method: 'GET',
        query: { type: 'object', properties: { channel: { const: channel }, ...query }, required: ['channel'] },
        bindingVersion: '0.1.0',
      },
    },
  };
}

function operationOf({ name }: Part, channel: 'control' | 'stream', action: 'receive' | 'send'): JsonSchema {
  const at = `#/channels/${name}-${channel}`;
  return {
    action,
    title: action === 'receive' ? `What a ${name} sends on ${channel}` : `What a ${name} is sent on ${channel}`,
    channel: { $ref: at },
    messages: partsOf(name, channel, action).map((type) => ({ $ref: `${at}/messages/${type}` })),
  };
}

function messageSchemas(types: TypeSchemas): Record<string, JsonSchema> {
  const schemas = new Map<string, readonly [about: string, schema: JsonSchema]>();
  const commands = commandsOf();
  for (const { type, dto, handler } of commands) {
    schemas.set(type, [types.aboutType(handler), command(type, dtoSchema(dto))]);
    if (isAnswered(type))
      schemas.set(answerTypeOf(type), [`Answers \`${type}\`.`, answer(type, types.method(handler, 'handle').answer)]);
  }
  for (const [type, payload] of types.members('EventPayloads'))
    schemas.set(type, [types.aboutMember('EventPayloads', type), event(type, payload, types)]);
  for (const [type, { about, schema }] of Object.entries(FRAMES))
    schemas.set(type, [about, frame(type, typeof schema === 'string' ? inlined(types, schema) : schema)]);
  return Object.fromEntries(
    [...schemas].map(([type, [summary, payload]]) => [
      type,
      { name: type, title: type, ...(summary !== '' && { summary }), contentType: 'application/json', payload },
    ]),
  );
}

/** Commands of the wire and who handles them. */
function commandsOf(): Command[] {
  const commands = [...commandProviders, ...terminalProviders].flatMap((provider) => {
    if (typeof provider !== 'function') return [];
    const metadata = Reflect.getMetadata(DeviceCommandType.KEY, provider) as DeviceCommandMetadata | undefined;
    return metadata ? [{ type: metadata.type, dto: metadata.dto, handler: provider.name }] : [];
  });
  const missing = KNOWN_COMMANDS.filter((type) => !commands.some((one) => one.type === type));
  if (missing.length > 0) throw new Error(`no handler for ${missing.join(', ')}`);
  return commands;
}

/** A frame's own fields, and the number it has on its socket. */
function frame(type: string, schema: JsonSchema): JsonSchema {
  const { properties = {}, required = [] } = schema as { properties?: object; required?: readonly string[] };
  return {
    type: 'object',
    properties: { type: { const: type }, ...properties, ...own(type) },
    required: ['type', ...required.filter((name) => name !== 'type')],
  };
}

function own(type: string): JsonSchema {
  return type === 'ack'
    ? {}
    : {
        type: { const: type },
        seq: { type: 'integer', minimum: 1, description: 'On this socket, where its frames are counted.' },
      };
}

const REQUEST_ID = { type: ['string', 'null'], description: 'Whoever names one gets the answer with it.' };

const TRACEPARENT = {
  description: 'W3C Trace Context, for whoever follows commands; one that is malformed is ignored.',
};

function command(type: string, schema: JsonSchema): JsonSchema {
  const { properties = {}, ...rest } = schema as { properties?: object };
  return frame(type, { ...rest, properties: { request_id: REQUEST_ID, traceparent: TRACEPARENT, ...properties } });
}

/** What the handler returns is there only where it succeeds. */
function answer(type: string, returned: JsonSchema): JsonSchema {
  const { properties = {} } = returned as { properties?: object };
  return frame(answerTypeOf(type), {
    properties: {
      request_id: { type: 'string' },
      success: { type: 'boolean' },
      error: { type: ['string', 'null'], description: 'What to do.' },
      error_code: { type: 'string', examples: Object.keys(ERROR_CODES).slice(0, 1), description: 'docs/errors.md' },
      ...properties,
    },
  });
}

function event(type: string, payload: JsonSchema, types: TypeSchemas): JsonSchema {
  const { properties = {}, required = [] } = payload as { properties?: object; required?: readonly string[] };
  const envelope = inlined(types, 'Envelope') as { properties: object };
  return frame(type, {
    properties: {
      ...properties,
      ...envelope.properties,
      replayed: {
        const: true,
        description: 'Shown again to whoever was not there; then without `event_epoch` and `event_seq`.',
      },
    },
    required: [...required, 'runtime'],
  });
}

function inlined(types: TypeSchemas, name: string): JsonSchema {
  types.of(name);
  return types.named[name] ?? {};
}

import { Validator } from '@seriousme/openapi-schema-validator';
import asyncApiSchema from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' };
import { GATEWAY_OPTIONS } from '@nestjs/websockets/constants.js';
import { Ajv } from 'ajv';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Attachment } from '../src/client/index.js';
import { decodeBatch, decodeFrame, type Frame, isBatch, isRecord } from '../src/protocol/index.js';
import { ClientGateway } from '../src/relay/gateways/client.gateway.js';
import { DeviceGateway } from '../src/relay/gateways/device.gateway.js';
import { asyncApiDocument } from './kit/api/asyncapi.js';
import { openApiDocument } from './kit/api/openapi.js';
import { untold } from './kit/api/socket-frames.js';
import { readRest } from './kit/read-terminal.js';
import { RelayUnderTest } from './kit/relay-under-test.js';
import { Twinlane } from './kit/twinlane.js';

/** Express' own list of what it serves. */
interface Router {
  readonly stack: readonly {
    readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, boolean>> };
  }[];
}

interface Overheard {
  /** As the document names it. */
  readonly channel: string;
  /** Of the relay. */
  readonly action: 'receive' | 'send';
  readonly frame: Frame;
}

/** Both documents say more than ajv knows. */
const LENIENT = { strict: false, validateFormats: false } as const;

const { send: originalSend, emit: originalEmit } = WebSocket.prototype;

let relay: RelayUnderTest;
beforeAll(async () => {
  relay = await RelayUnderTest.start();
});
afterAll(() => relay.close());

/** As it lies in `docs/`; another test holds that equal to the code. */
async function documented(name: string): Promise<unknown> {
  return JSON.parse(await readFile(new URL(`../docs/${name}`, import.meta.url), 'utf8'));
}

function textOf(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

describe('docs/openapi.json', () => {
  let document: ReturnType<typeof openApiDocument>;
  beforeAll(() => {
    document = openApiDocument(relay.app);
  });

  it('is what the controllers, their comments and DTOs say', async () => {
    await expect(textOf(document)).toMatchFileSnapshot('../docs/openapi.json');
  });

  it('is OpenAPI', async () => {
    expect(await new Validator().validate(textOf(document))).toEqual({ valid: true });
  });

  it('has every route that the relay serves, and no other', () => {
    const { stack } = (relay.app.getHttpAdapter().getInstance() as { router: Router }).router;
    const served = stack.flatMap(({ route }) =>
      route ? Object.keys(route.methods).map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`) : [],
    );
    const told = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method} ${path}`),
    );
    expect(told.toSorted()).toEqual(served.toSorted());
    expect(told).toContain('post /v1/environments/register');
  });

  it('is served, to anybody', async () => {
    const answer = await relay.rest('/v1/openapi.json', { token: 'none' });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer).toMatchObject({ status: 200, body: await documented('openapi.json') });
  });
});

describe('docs/asyncapi.json', () => {
  const document = asyncApiDocument();

  it('is what the commands, their handlers and the types of the protocol say', async () => {
    await expect(textOf(document)).toMatchFileSnapshot('../docs/asyncapi.json');
  });

  it('is AsyncAPI 3, and refers to nothing that is not in it', () => {
    const validate = new Ajv({ ...LENIENT, meta: false, validateSchema: false }).compile(asyncApiSchema);
    validate(document);
    expect(validate.errors).toBeNull();
    for (const [, pointer = ''] of textOf(document).matchAll(/"\$ref": "#\/([^"]*)"/g)) {
      const found = pointer.split('/').reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), document);
      if (!isRecord(found)) expect.fail(`nothing is at ${pointer}`);
    }
  });

  it('has both gateways, and every type that the protocol knows', () => {
    const paths = [DeviceGateway, ClientGateway].map(
      (gateway) => (Reflect.getMetadata(GATEWAY_OPTIONS, gateway) as { path: string }).path,
    );
    const channels = Object.values(document['channels'] as Record<string, { address: string }>);
    expect(new Set(channels.map(({ address }) => address))).toEqual(
      new Set(paths.map((path) => path.replace(/:(\w+)/g, '{$1}'))),
    );
    expect(untold()).toEqual([]);
  });

  it('is served, to anybody', async () => {
    expect(await relay.rest('/v1/asyncapi.json', { token: 'none' })).toMatchObject({
      status: 200,
      body: await documented('asyncapi.json'),
    });
  });
});

/** What goes over every socket of this process that was dialled, seen from its far end. */
function overhear(): { readonly heard: Overheard[]; readonly stop: () => void } {
  const heard: Overheard[] = [];
  const note = (socket: WebSocket, action: Overheard['action'], data: unknown): void => {
    if (!socket.url) return;
    const { pathname, searchParams } = new URL(socket.url);
    const part = pathname.endsWith('/listener/ws') ? 'listener' : 'client';
    const text = String(data);
    // To a client that takes batches several frames may come in one message.
    for (const frame of isBatch(text) ? decodeBatch(text) : [decodeFrame(text)])
      heard.push({ channel: `${part}-${searchParams.get('channel')}`, action, frame });
  };
  const send = vi.spyOn(WebSocket.prototype, 'send').mockImplementation(function (this: WebSocket, ...args) {
    note(this, 'receive', args[0]);
    return (originalSend as (...given: unknown[]) => void).apply(this, args);
  });
  const emit = vi.spyOn(WebSocket.prototype, 'emit').mockImplementation(function (this: WebSocket, ...args) {
    if (args[0] === 'message') note(this, 'send', args[1]);
    return originalEmit.apply(this, args);
  });
  return { heard, stop: () => (send.mockRestore(), emit.mockRestore()) };
}

it('frames of a session, in both directions and on each channel, are as docs/asyncapi.json says', async () => {
  const document = asyncApiDocument();
  const ajv = new Ajv(LENIENT);
  ajv.addSchema(document, 'asyncapi');
  const { heard, stop } = overhear();
  const twinlane = await Twinlane.start({ listener: { mode: 'standard', terminal: { shell: '/bin/sh' } } });
  try {
    await writeFile(path.join(twinlane.workspace, 'large.txt'), 'x'.repeat(200_000));
    await session(await twinlane.attach());
  } finally {
    await twinlane.close();
    stop();
  }
  const operations = document['operations'] as Record<string, { messages: { $ref: string }[] }>;
  const wrong = new Map<string, unknown>();
  for (const { channel, action, frame } of heard) {
    const where = `${action}-${channel}`;
    const isTold = operations[where]?.messages.some(({ $ref }) => $ref.endsWith(`/${frame.type}`));
    if (!isTold) wrong.set(`${where} ${frame.type}`, 'not in this operation');
    else if (!ajv.validate({ $ref: `asyncapi#/components/messages/${frame.type}/payload` }, frame))
      wrong.set(`${where} ${frame.type}`, ajv.errors);
  }
  expect(Object.fromEntries(wrong)).toEqual({});
  const types = new Set(heard.map(({ frame }) => frame.type));
  for (const type of ['control_request', 'terminal_output', 'file_changed', 'chunk', 'journals', 'resume_status'])
    expect(types).toContain(type);
  expect(types.size).toBeGreaterThan(40);
  // It can fail.
  const lacksPath = { type: 'get_tree', request_id: '1', depth: 1 };
  expect(ajv.validate({ $ref: 'asyncapi#/components/messages/get_tree/payload' }, lacksPath)).toBe(false);
});

/** Something of everything. */
async function session(attachment: Attachment): Promise<void> {
  const events = attachment.events();
  const until = async (type: string): Promise<Frame> => {
    for (;;) {
      const { value } = await events.next();
      if (!value) throw new Error('the events ended');
      if (value.type === type) return value;
    }
  };
  await attachment.send('echo hi');
  const { request_id: id } = await until('control_request');
  await attachment.answerApproval(String(id), { behavior: 'allow' });
  await until('turn_finished');
  await attachment.sync({ recoverApprovals: true });
  const runtime = attachment.runtime;
  const fileChanged = frameOf(attachment, 'file_changed');
  await attachment.command('watch_file', { path: 'new.txt' });
  const commands: Record<string, object> = {
    app_server_info: {},
    change_device_state: { runtime, payload: { mode: 'unrestricted' } },
    execute_command: { runtime, command_id: 'status' },
    write_file: { path: 'new.txt', content: 'one' },
    edit_file: { file_path: 'new.txt', old_string: 'one', new_string: 'two' },
    read_file: { path: 'large.txt' },
    list_in_directory: { path: '.', include_files: true },
    get_tree: { path: '.', depth: 1 },
    search_files: { query: 'new' },
    grep_in_files: { query: 'two' },
    resume_queue: { runtime },
  };
  for (const [type, fields] of Object.entries(commands)) await attachment.command(type, { ...fields });
  await fileChanged;
  await attachment.command('unwatch_file', { path: 'new.txt' });
  const refused = { search_branches: { query: '' }, remove_queue_item: { runtime, item_id: 'none' } };
  for (const [type, fields] of Object.entries(refused))
    await expect(attachment.command(type, fields)).rejects.toThrow(Error);
  const terminal = await attachment.openTerminal({ cols: 80, rows: 24 });
  terminal.write('exit 3\r');
  await readRest(terminal);
  expect(await terminal.exited).toMatchObject({ exitCode: 3 });
}

async function frameOf(attachment: Attachment, type: string): Promise<Frame> {
  for await (const frame of attachment.frames()) if (frame.type === type) return frame;
  throw new Error('the frames ended');
}

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the model does next: says words one by one, calls a tool, or goes on saying words until the reader is gone. */
export type ModelStep =
  | { readonly say: readonly string[] }
  | { readonly think: string; readonly say: readonly string[] }
  | { readonly call: string; readonly input: Readonly<Record<string, unknown>> }
  | { readonly dripping: string }
  /** Says words, then breaks the stream. */
  | { readonly breakAfter: readonly string[] }
  | { readonly fail: string };

interface ChatRequest {
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
  readonly tools?: readonly unknown[];
}

/** How long between two words of a model that drips, in ms. */
const DRIP_MS = 20;
/** How long a broken stream lives on after its last word, in ms: an agent that sees both at once shows neither. */
const BREAK_AFTER_MS = 500;

/** An OpenAI-compatible endpoint on loopback that streams what a test tells it to. */
export class FakeModel {
  /** What an agent sent, without its requests for a title. */
  readonly requests: ChatRequest[] = [];
  private readonly steps: ModelStep[] = [];
  private calls = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeModel> {
    const server = createServer();
    const model = new FakeModel(server);
    server.on('request', (request, response) => void model.answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return model;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/v1`;
  }

  /** Appends what it does, one step for each request. */
  will(...steps: readonly ModelStep[]): void {
    this.steps.push(...steps);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const chat = JSON.parse(text) as ChatRequest;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const stream = new ChunkStream(response);
    // Agents ask for a title with a request of its own, without tools.
    if (!chat.tools?.length) return stream.end(['a title']);
    this.requests.push(chat);
    await this.play(this.steps.shift() ?? { say: ['Nothing more to say.'] }, stream, response);
  }

  private async play(step: ModelStep, stream: ChunkStream, response: ServerResponse): Promise<void> {
    if ('think' in step) stream.chunk({ reasoning_content: step.think });
    if ('say' in step) return stream.end(step.say);
    if ('fail' in step)
      return void response.end(`data: ${JSON.stringify({ error: { message: step.fail, code: 'invalid' } })}\n\n`);
    if ('call' in step) {
      const call = { name: step.call, arguments: JSON.stringify(step.input) };
      stream.chunk({ tool_calls: [{ index: 0, id: `call_${++this.calls}`, type: 'function', function: call }] });
      return stream.end([], 'tool_calls');
    }
    if ('breakAfter' in step) {
      for (const word of step.breakAfter) stream.chunk({ content: word });
      await new Promise((resolve) => setTimeout(resolve, BREAK_AFTER_MS));
      return void response.destroy();
    }
    const timer = setInterval(() => stream.chunk({ content: step.dripping }), DRIP_MS);
    response.on('close', () => clearInterval(timer));
  }
}

class ChunkStream {
  constructor(private readonly response: ServerResponse) {}

  chunk(delta: object, finish_reason: string | null = null): void {
    this.send({ choices: [{ index: 0, delta: { role: 'assistant', ...delta }, finish_reason }] });
  }

  end(words: readonly string[], reason = 'stop'): void {
    for (const content of words) this.chunk({ content });
    this.chunk({}, reason);
    this.send({ choices: [], usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } });
    this.response.end('data: [DONE]\n\n');
  }

  private send(fields: object): void {
    const chunk = { id: 'chat-1', object: 'chat.completion.chunk', created: 1, model: 'fake', ...fields };
    this.response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  }
}

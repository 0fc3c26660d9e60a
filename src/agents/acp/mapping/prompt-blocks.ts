import type { InputMessage } from '../../../protocol/index.js';
import { isRecord } from '../../../protocol/index.js';
import { type Raw, recordIn, textIn } from './read.js';

/** What an agent says it takes in a prompt, beside text and links. */
export interface PromptCapabilities {
  readonly image?: boolean;
  readonly audio?: boolean;
  readonly embeddedContext?: boolean;
}

export type PromptBlock = Raw & { readonly type: string };

export interface Prompt {
  readonly blocks: readonly PromptBlock[];
  /** For a person: what was left out, and why. */
  readonly leftOut: readonly string[];
}

/** The user's messages of an input as a prompt. What the agent does not take becomes text where it can, else it is left out and told. */
export function promptOf(messages: readonly InputMessage[], takes: PromptCapabilities): Prompt {
  const blocks: PromptBlock[] = [];
  const leftOut: string[] = [];
  for (const { role, content } of messages) {
    if (role !== 'user') continue;
    const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
    for (const part of parts) {
      const block = blockOf(part, takes);
      if (typeof block === 'string') leftOut.push(block);
      else if (block['text'] !== '') blocks.push(block);
    }
  }
  return { blocks, leftOut };
}

function blockOf(part: unknown, takes: PromptCapabilities): PromptBlock | string {
  if (typeof part === 'string') return { type: 'text', text: part };
  if (!isRecord(part)) return 'a part that is no content';
  const type = textIn(part, 'type') ?? 'part without a type';
  switch (type) {
    case 'text':
      return { type, text: textIn(part, 'text') ?? '' };
    case 'image':
    case 'audio':
      return takes[type] === true ? mediaOf(type, part) : `${type} (this agent takes none)`;
    case 'resource_link': {
      const uri = textIn(part, 'uri');
      return uri === undefined ? 'a link without uri' : { ...part, type, uri, name: textIn(part, 'name') ?? uri };
    }
    case 'resource':
      return resourceOf(part, takes);
    default:
      return `${type} (not known here; send text, image, audio, resource or resource_link)`;
  }
}

/** `{ data, mimeType }`, or as stock clients send it: `{ source: { type: "base64", media_type, data } }`. */
function mediaOf(type: string, part: Raw): PromptBlock | string {
  const source = recordIn(part, 'source') ?? part;
  const data = textIn(source, 'data');
  const mimeType = textIn(source, 'mimeType') ?? textIn(source, 'media_type');
  if (data === undefined || mimeType === undefined) return `${type} (send its data in base64, and its media type)`;
  return { type, data, mimeType };
}

function resourceOf(part: Raw, takes: PromptCapabilities): PromptBlock | string {
  const resource = recordIn(part, 'resource');
  const uri = resource && textIn(resource, 'uri');
  if (!resource || uri === undefined) return 'a resource without uri';
  if (takes.embeddedContext === true) return { type: 'resource', resource };
  const text = textIn(resource, 'text');
  return text === undefined ? { type: 'resource_link', uri, name: uri } : { type: 'text', text: `${uri}:\n${text}` };
}

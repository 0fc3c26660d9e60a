import { isRecord } from 'twinlane/protocol';

export type Raw = Readonly<Record<string, unknown>>;

export function textIn(raw: Raw, field: string): string | undefined {
  const value = raw[field];
  return typeof value === 'string' ? value : undefined;
}

export function numberIn(raw: Raw, field: string): number | undefined {
  const value = raw[field];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function recordIn(raw: Raw, field: string): Raw | undefined {
  const value = raw[field];
  return isRecord(value) ? value : undefined;
}

/** The objects of a list; none where it is no list. */
export function recordsIn(raw: Raw, field: string): readonly Raw[] {
  const value = raw[field];
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/** Epoch ms of an ISO 8601 text. */
export function timeIn(raw: Raw, field: string): number | undefined {
  const at = Date.parse(textIn(raw, field) ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Text, or the text among content parts. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content)) return content.map(contentText).join('');
  if (isRecord(content)) return textIn(content, 'text') ?? '';
  return '';
}

/** What a message holds, as it is shown. */
export type MessagePart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'image'; readonly source: string }
  | { readonly kind: 'file'; readonly name: string; readonly detail: string };

/** Image types that a browser draws and that hold nothing but a picture. */
const PICTURES: ReadonlySet<string> = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp']);

/** The parts of an input (agents take text, images, audio, resources and links to them). */
export function messageParts(content: unknown): MessagePart[] {
  if (!Array.isArray(content)) return [{ kind: 'text', text: contentText(content) }];
  return content.map((part: unknown) =>
    isRecord(part) ? messagePart(part) : { kind: 'text', text: contentText(part) },
  );
}

function messagePart(part: Raw): MessagePart {
  const type = textIn(part, 'type') ?? 'part';
  if (type === 'text') return { kind: 'text', text: textIn(part, 'text') ?? '' };
  const source = recordIn(part, 'source') ?? part;
  const mimeType = textIn(source, 'mimeType') ?? textIn(source, 'media_type') ?? '';
  const data = textIn(source, 'data');
  if (type === 'image' && data !== undefined && PICTURES.has(mimeType))
    return { kind: 'image', source: `data:${mimeType};base64,${data}` };
  const named = recordIn(part, 'resource') ?? part;
  const uri = textIn(named, 'uri');
  const name = textIn(named, 'name') ?? uri?.replace(/^.*\//, '');
  return { kind: 'file', name: name ?? type, detail: mimeType === '' ? (uri ?? type) : mimeType };
}
